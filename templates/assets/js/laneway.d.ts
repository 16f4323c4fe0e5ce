/** Types of `laneway.js`, the client for frontends behind Laneway. */

export interface Organization {
  id: string;
  slug: string;
  name: string;
  roles: string[];
  permissions: string[];
}

/** The answer of `/bff/user`. */
export interface User {
  /** Stays the same when the identity provider changes. Your key for a person. */
  sub: string;
  /** The sign-in. All hosts of one sign-in share it. */
  sid: string;
  tenant: { id: string; slug: string };
  email: string | null;
  email_verified: boolean;
  name: string | null;
  /** The active organization. */
  org: Organization | null;
  acr: Acr;
  amr: string[];
  /** RFC 3339, UTC. */
  auth_time: string;
  /** Seconds. */
  session_expires_in: number;
  /** Seconds. */
  idle_expires_in: number;
  upstream: { id: string | null; state: "fresh" | "stale" | "none"; checked_at: string | null };
  logout_url: string;
}

/** One factor, two factors, resistant to phishing. */
export type Acr = "aal1" | "aal2" | "phr";

export interface LoginOptions {
  /** A path on this host, or an address of a listed origin. By default this page. */
  returnTo?: string;
  loginHint?: string;
  /** Organization to enter, id or slug. */
  org?: string;
  /** Upstream to use, by name. */
  connection?: string;
  acrValues?: Acr;
  /** Oldest acceptable proof, in seconds. */
  maxAge?: number;
  prompt?: "none" | "login" | "select_account" | "create";
}

/** A problem document (RFC 9457). Backends may send members of their own. */
export interface Problem {
  type?: string;
  code?: string;
  title?: string;
  status?: number;
  detail?: string;
  request_id?: string;
  [member: string]: unknown;
}

export class LanewayError extends Error {
  constructor(status: number, problem?: Problem);
  readonly status: number;
  /** Stable; empty where the answer was no problem document. */
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly problem: Problem;
  /** The browser is already on its way to sign-in: there is nothing to show. */
  leaving: boolean;
}

export interface LanewayEvents {
  /** Somebody else is signed in now, nobody, or the organization is another. */
  user: CustomEvent<{ user: User | null }>;
  /** The session is over. With `error` from a call: `preventDefault()` keeps the page from leaving. */
  signedout: CustomEvent<{ error: LanewayError | null }>;
  /** A call needs more proof. `preventDefault()` keeps the page from leaving. */
  stepup: CustomEvent<{ error: LanewayError; acr?: Acr; maxAge?: number | string }>;
  /** Another tab has chosen another organization; `org` is the one this tab believes in. */
  orgmismatch: CustomEvent<{ error: LanewayError | null; org: Organization | null }>;
  /** The session ends in `seconds`; `user({ fresh: true })` extends an idle one. */
  expiring: CustomEvent<{ user: User; seconds: number }>;
}

export class Laneway extends EventTarget {
  /** Who is signed in, or `null`. Asked once; `{ fresh: true }` asks again and counts as use. */
  user(options?: { fresh?: boolean }): Promise<User | null>;
  /** Leaves for sign-in. */
  login(options?: LoginOptions): void;
  /** Leaves for a stronger or fresher proof. */
  stepUp(options?: { acr?: Acr; maxAge?: number; returnTo?: string }): void;
  /** Ends the session on all its hosts; leaves where the identity provider has to know, or for `returnTo`. */
  logout(options?: { everywhere?: boolean; returnTo?: string }): Promise<void>;
  /** Makes another organization the active one; `null` for none. */
  switchOrg(org: string | null): Promise<User | null>;
  organizations(): Promise<Organization[]>;
  /** `fetch` for this origin with `X-CSRF` and `X-Laneway-Org`. 401 and step-up leave and throw. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** `fetch`, then the JSON of a good answer. A plain object or array as `body` is sent as JSON. */
  json<T = unknown>(
    input: string | URL | Request,
    init?: Omit<RequestInit, "body"> & { body?: BodyInit | Record<string, unknown> | unknown[] | null },
  ): Promise<T>;

  addEventListener<K extends keyof LanewayEvents>(
    type: K,
    listener: (event: LanewayEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof LanewayEvents>(
    type: K,
    listener: (event: LanewayEvents[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The one that most pages need. */
export const laneway: Laneway;
export default laneway;
