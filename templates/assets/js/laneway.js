// The client for frontends behind Laneway. No dependency, no token, no storage of secrets: the
// browser's HttpOnly cookie does the work. Types stand in laneway.d.ts beside this file.

const LEFT = "laneway:left:";
// Leaving twice for the same within this time is a loop, for example when cookies are blocked.
const LOOP_MS = 10_000;
// So long before its end a session is said to be expiring.
const WARN_S = 60;
const LONGEST_TIMER_S = 86_400;
// A tab that was away so long asks again when it comes back.
const AWAY_MS = 30_000;

/** A refusal: `code` is stable, `detail` is for people, `requestId` for the operator. */
export class LanewayError extends Error {
  constructor(status, problem = {}) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "LanewayError";
    this.status = status;
    this.code = problem.code ?? "";
    this.detail = problem.detail ?? "";
    this.requestId = problem.request_id ?? "";
    this.problem = problem;
    /** Is the browser already on its way to sign-in? Then there is nothing to show. */
    this.leaving = false;
  }
}

export class Laneway extends EventTarget {
  #user;
  #asking;
  #askedAt = 0;
  #timer;
  #warned = false;
  #channel;

  constructor() {
    super();
    if ("BroadcastChannel" in globalThis) {
      this.#channel = new BroadcastChannel("laneway");
      this.#channel.onmessage = ({ data }) => this.#heard(data);
    }
    globalThis.document?.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#user && Date.now() - this.#askedAt > AWAY_MS) this.#look();
    });
  }

  /** Who is signed in, or `null`. Asked once; `{ fresh: true }` asks again and counts as use. */
  user({ fresh = false } = {}) {
    if (this.#asking && !fresh) return this.#asking;
    if (this.#user !== undefined && !fresh) return Promise.resolve(this.#user);
    return this.#ask("");
  }

  /** Goes to sign-in and comes back to `returnTo`, by default this very page. */
  login({ returnTo, ...ask } = {}) {
    const names = { loginHint: "login_hint", acrValues: "acr_values", maxAge: "max_age" };
    const query = new URLSearchParams({ return_to: returnTo ?? here() });
    for (const [name, value] of Object.entries(ask)) {
      if (value !== undefined && value !== null) query.set(names[name] ?? name, value);
    }
    location.assign(`/bff/login?${query}`);
  }

  /** Goes to fetch a stronger or fresher proof, and comes back. */
  stepUp({ acr, maxAge, returnTo } = {}) {
    this.login({ acrValues: acr, maxAge, returnTo });
  }

  /** Ends the session on all its hosts. Follows to the identity provider where that is needed. */
  async logout({ everywhere = false, returnTo } = {}) {
    const answer = await call("/bff/logout", json("POST", { everywhere }));
    // Somebody else, or time, was faster.
    if (!answer.ok && answer.status !== 401) throw await refusal(answer);
    const { redirect_to: next } = answer.ok ? await answer.json() : {};
    this.#become(null);
    this.#channel?.postMessage({ out: true });
    const to = next ?? returnTo;
    if (to) location.assign(to);
  }

  /** Makes another organization the active one, by id or slug; `null` for none. */
  async switchOrg(org) {
    const answer = await call("/bff/org", json("POST", { org }));
    if (!answer.ok) {
      const error = await refusal(answer);
      // An organization with its own sign-in: there, and back to this page.
      const start = error.code === "sso_required" && error.problem.linked !== false && error.problem.start_url;
      if (start) {
        const to = new URL(start, location.href);
        to.searchParams.set("return_to", location.href);
        error.leaving = true;
        location.assign(to);
      }
      throw error;
    }
    // The user as this client reads it, whatever form the tenant has chosen for others.
    const user = await this.#ask("");
    this.#channel?.postMessage({ org: user?.org?.id ?? null });
    return user;
  }

  /** The organizations to choose from. */
  async organizations() {
    return (await this.json("/v1/me/organizations")).items;
  }

  /**
   * `fetch` for this origin: adds `X-CSRF`, and `X-Laneway-Org` once the user is known. A missing
   * session or proof leads to sign-in and throws with `leaving`; other answers are returned.
   */
  async fetch(input, init = {}) {
    const request = new Request(input, { credentials: "same-origin", ...init });
    if (new URL(request.url).origin !== location.origin) throw new TypeError("laneway.fetch is for this origin");
    request.headers.set("X-CSRF", "1");
    const org = this.#user?.org?.id;
    if (org && !request.headers.has("X-Laneway-Org")) request.headers.set("X-Laneway-Org", org);
    const answer = await fetch(request);
    if (![401, 403, 409].includes(answer.status)) return answer;
    const error = await refusal(answer.clone());
    const proof = demand(answer, error.problem);
    if (proof) throw this.#leave("stepup", error, proof);
    if (answer.status === 401) {
      this.#become(null);
      throw this.#leave("signedout", error, {});
    }
    if (error.code === "org_mismatch") {
      this.#tell("orgmismatch", { error, org: this.#user?.org ?? null });
      throw error;
    }
    return answer;
  }

  /** `fetch`, then the JSON of a good answer; any other is thrown as `LanewayError`. */
  async json(input, init = {}) {
    const { body, ...rest } = init;
    const plain = body !== undefined && typeof body === "object" && body?.constructor === Object;
    const answer = await this.fetch(input, plain || Array.isArray(body) ? json(rest.method ?? "POST", body, rest) : init);
    if (!answer.ok) throw await refusal(answer);
    return answer.status === 204 ? undefined : answer.json();
  }

  // ---- the session and its end

  #ask(query) {
    const asking = call(`/bff/user?anonymous=null&format=json${query}`, {}).then(async (answer) => {
      if (!answer.ok) throw await refusal(answer);
      return answer.json();
    });
    this.#asking = asking;
    return asking.then(
      (user) => this.#become(user, asking),
      (error) => {
        if (this.#asking === asking) this.#asking = undefined;
        throw error;
      },
    );
  }

  #become(user, asking) {
    if (asking && this.#asking !== asking) return user;
    const before = this.#user;
    this.#user = user;
    this.#asking = undefined;
    this.#askedAt = Date.now();
    this.#schedule();
    const changed = before === undefined || before?.sid !== user?.sid || before?.org?.id !== user?.org?.id;
    if (changed) this.#tell("user", { user });
    return user;
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#user) return;
    const left = Math.min(this.#user.session_expires_in, this.#user.idle_expires_in);
    if (left > WARN_S) this.#warned = false;
    const wait = left > WARN_S ? left - WARN_S : left + 1;
    this.#timer = setTimeout(() => this.#look(), Math.min(wait, LONGEST_TIMER_S) * 1000);
  }

  /** Asks without counting as use: another tab may have kept the session alive. */
  async #look() {
    const was = this.#user;
    try {
      const user = await this.#ask("&slide=false");
      if (!user && was) this.#tell("signedout", { error: null }, true);
      const left = user ? Math.min(user.session_expires_in, user.idle_expires_in) : Infinity;
      if (left > WARN_S || this.#warned) return;
      this.#warned = true;
      this.#tell("expiring", { user, seconds: left });
    } catch {
      // Not reachable is not signed out.
      this.#timer = setTimeout(() => this.#look(), WARN_S * 500);
    }
  }

  #heard(message) {
    if (message.out && this.#user) {
      this.#become(null);
      this.#tell("signedout", { error: null }, true);
    } else if ("org" in message && this.#user && message.org !== (this.#user.org?.id ?? null)) {
      this.#tell("orgmismatch", { error: null, org: this.#user.org });
    }
  }

  #leave(event, error, { acr, maxAge }) {
    const allowed = this.#tell(event, { error, acr, maxAge }, true);
    if (allowed && !loops(event)) {
      error.leaving = true;
      this.login({ acrValues: acr, maxAge });
    }
    return error;
  }

  #tell(type, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable }));
  }
}

const here = () => location.pathname.replace(/^\/+/, "/") + location.search + location.hash;

function call(path, { headers, ...init }) {
  return fetch(path, {
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRF": "1", ...headers },
    ...init,
  });
}

function json(method, body, init = {}) {
  const headers = new Headers(init.headers);
  if (!headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  return { ...init, method, headers: Object.fromEntries(headers), body: JSON.stringify(body) };
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  return new LanewayError(answer.status, problem && typeof problem === "object" ? problem : {});
}

/** The proof that an answer asks for: our problem document, or a backend's RFC 9470 challenge. */
function demand(answer, problem) {
  if (answer.status === 403 && problem.code === "step_up_required") {
    return { acr: problem.acr_values?.[0], maxAge: problem.max_age };
  }
  const challenge = answer.headers.get("WWW-Authenticate") ?? "";
  if (!/error="?insufficient_user_authentication/.test(challenge)) return undefined;
  const value = (name) => challenge.match(new RegExp(`${name}="?([^",]+)`))?.[1];
  return { acr: value("acr_values")?.split(" ")[0], maxAge: value("max_age") };
}

function loops(reason) {
  try {
    const last = Number(sessionStorage.getItem(LEFT + reason));
    sessionStorage.setItem(LEFT + reason, String(Date.now()));
    return Date.now() - last < LOOP_MS;
  } catch {
    return false;
  }
}

/** The one that most pages need. */
export const laneway = new Laneway();
export default laneway;
