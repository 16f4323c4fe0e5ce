// The sign-in page: passkeys in the name field and behind a button. Without this script the
// page signs in with everything but passkeys.

import { Refused, follow, lines, post, stepPath } from "./api.js";
import { conditionalSupported, getPasskey, supported } from "./webauthn.js";

// A challenge is renewed this long before it ends.
const MARGIN = 30_000;

const form = document.querySelector("form[data-passkey]");
if (form && supported()) {
  form.hidden = false;
  // With a flow on the page the server has more to say than a challenge: the form goes there.
  if (!form.elements.namedItem("flow")) enhance(form);
}

function enhance(form) {
  const say = lines(form);
  let waiting = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    stop();
    say.busy();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await signIn(form, {});
    } catch (error) {
      say.failed(error);
      button.disabled = false;
      arm();
    }
  });
  // Coming back by the browser's own button: the page may be an old one from memory.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  arm();

  /** Lets the browser offer passkeys in the name field, for as long as the page is seen. */
  async function arm() {
    const field = document.getElementById("username");
    if (!field || !(await conditionalSupported())) return;
    const hint = document.getElementById("passkey-hint");
    hint.hidden = false;
    const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
    field.setAttribute("aria-describedby", [...new Set([...described, hint.id])].join(" "));
    const mine = new AbortController();
    waiting = mine;
    try {
      await signIn(form, { mediation: "conditional", signal: mine.signal, renew });
    } catch (error) {
      // Nobody has asked for anything before a passkey was picked: only what the server
      // says to one is news.
      if (error instanceof Refused && error.picked) say.failed(error);
    }
  }

  function renew() {
    const again = () => {
      if (!waiting) return;
      stop();
      arm();
    };
    if (document.hidden) document.addEventListener("visibilitychange", again, { once: true });
    else again();
  }

  function stop() {
    const old = waiting;
    waiting = null;
    old?.abort();
  }
}

async function signIn(form, { mediation, signal, renew }) {
  const value = (name) => form.elements.namedItem(name)?.value || undefined;
  const begin = { purpose: "login", return_to: value("return_to") };
  const flow = await post("/v1/auth/flows", begin);
  const path = stepPath(flow.id, "passkey");
  const options = (await post(path, {})).step.public_key;
  if (signal?.aborted) return;
  const life = Math.min(options.timeout ?? 300_000, flow.expires_in * 1000) - MARGIN;
  const timer = renew && setTimeout(renew, Math.max(life, MARGIN));
  try {
    const credential = await getPasskey(options, { mediation, signal });
    const judged = post(path, { credential });
    follow(await judged.catch((error) => Promise.reject(Object.assign(error, { picked: true }))));
  } finally {
    clearTimeout(timer);
  }
}
