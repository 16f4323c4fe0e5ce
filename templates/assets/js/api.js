// Calls to our own server, and what comes back. Nothing is kept in the browser.

/** A refusal of the server, with its problem document. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? "");
    this.problem = problem;
  }
}

/** POSTs JSON; answers JSON, or throws `Refused`. */
export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": "1" },
    credentials: "same-origin",
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer);
  return answer;
}

/** The address of one step of a flow. */
export const stepPath = (flow, kind) => `/v1/auth/flows/${encodeURIComponent(flow)}/${kind}`;

/** Goes where a flow says: to its end, or to the page of its next step. */
export function follow(flow) {
  if (flow.state === "done") {
    location.assign(flow.return_to);
  } else {
    const page = { signup: "/signup", verify: "/verify" }[flow.purpose] ?? "/login";
    location.assign(`${page}?flow=${encodeURIComponent(flow.id)}`);
  }
}

/** The lines around a passkey button: what is going on, and what went wrong. */
export function lines(root) {
  const status = root.querySelector("[data-status]");
  const problem = root.querySelector("[data-problem]");
  const show = (now, wrong, way) => {
    status.textContent = now;
    problem.textContent = wrong;
    if (!way || !root.dataset.go) return;
    const link = document.createElement("a");
    link.href = way;
    link.textContent = root.dataset.go;
    problem.append(" ", link);
  };
  return {
    busy: () => show(root.dataset.busy, ""),
    quiet: () => show("", ""),
    /** Says what went wrong, in the page's own words or the server's. */
    failed(error) {
      if (error instanceof Refused) show("", error.message || root.dataset.failed, error.problem.start_url);
      else if (error?.name === "NotAllowedError" || error?.name === "AbortError") show("", root.dataset.cancelled);
      else if (error?.name === "InvalidStateError" && root.dataset.known) show("", root.dataset.known);
      else show("", root.dataset.failed);
    },
  };
}
