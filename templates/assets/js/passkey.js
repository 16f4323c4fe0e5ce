// One passkey ceremony on its own page: signing in (`get`) or adding one (`create`).

import { follow, lines, post, stepPath } from "./api.js";
import { createPasskey, getPasskey, supported } from "./webauthn.js";

const root = document.querySelector("[data-ceremony]");
const say = lines(root);
const button = root.querySelector("[data-start]");

// Signing in judges a challenge once; the next try needs a new one. Adding keeps its own.
let fresh = true;

if (supported()) {
  button.hidden = false;
  button.addEventListener("click", run);
  if ("atOnce" in root.dataset) run();
} else {
  root.querySelector("[data-problem]").textContent = root.dataset.unsupported;
}

async function run() {
  const { ceremony, flow, publicKey } = root.dataset;
  button.disabled = true;
  say.busy();
  try {
    if (ceremony === "create") {
      const credential = await createPasskey(JSON.parse(publicKey));
      follow(await post(stepPath(flow, "enrol"), { credential, label: deviceName() }));
    } else {
      const path = stepPath(flow, "passkey");
      const options = fresh ? JSON.parse(publicKey) : (await post(path, {})).step.public_key;
      fresh = false;
      const credential = await getPasskey(options);
      follow(await post(path, { credential }));
    }
  } catch (error) {
    say.failed(error);
    button.disabled = false;
  }
}

function deviceName() {
  return navigator.userAgentData?.platform ?? "";
}
