// The account page: adding a passkey.

import { Refused, lines, post } from "./api.js";
import { createPasskey, supported } from "./webauthn.js";

const root = document.querySelector("[data-enrol]");
if (root && supported()) {
  const say = lines(root);
  const button = root.querySelector("[data-start]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    say.busy();
    try {
      await enrol();
    } catch (error) {
      const stepUp = error instanceof Refused && error.problem.step_up_url;
      if (stepUp) {
        location.assign(stepUp);
        return;
      }
      say.failed(error);
      button.disabled = false;
    }
  });
}

async function enrol() {
  const label = navigator.userAgentData?.platform ?? "";
  const begun = await post("/v1/me/passkeys", { label });
  if (begun.redirect_to) {
    location.assign(begun.redirect_to);
    return;
  }
  const credential = await createPasskey(begun.public_key);
  await post(`/v1/me/passkeys/${encodeURIComponent(begun.id)}`, { credential });
  location.assign("/account?done=added#passkeys");
}
