// The canary hunt: secrets that were really used in a journey, and anything shaped like a token, are
// looked for wherever they must not be. What may be where is one list, with reasons.
import { DatabaseSync } from 'node:sqlite';
import { readFileSync } from 'node:fs';

const SHAPES = {
  jwt: /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  'laneway token': /\blw_[A-Za-z0-9_]{16,}/g,
  'private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
};

/** Where a finding is as it should be. Each line says why. */
const ALLOWED = [
  {
    why: 'the demo backend answers with what it received, and its token is what it received',
    fits: (record, name) => name === 'jwt' && record.kind === 'body' && /\/api\/echo\//.test(record.where),
  },
  {
    why: 'one-time values live in URLs (DECISIONS: the one named list), never in logs or rows',
    fits: (record, name) => name === 'one-time value' && ['url', 'header'].includes(record.kind),
  },
  {
    why: 'signing out by script answers the one-time address to go on with (CONTRACT §2), to the browser it is bound to',
    fits: (record, name) => name === 'one-time value' && record.kind === 'body' && /\/bff\/logout$/.test(record.where),
  },
  {
    why: 'the identity provider is another site: what it shows its own user is not ours',
    fits: (record) => record.foreign === true,
  },
  {
    why: 'an authorization code travels in the callback URL (OAuth); it is spent and bound to the browser',
    fits: (record, name) => name === 'authorization code' && ['url', 'header'].includes(record.kind),
  },
  {
    why: 'the page that ends a session at the provider posts id_token_hint from a form, never in a URL',
    fits: (record, name) => name === 'jwt' && record.kind === 'body' && /\/bff\/logout\/continue\//.test(record.where),
  },
];

export class Hunt {
  constructor() {
    this.canaries = [];
    this.seen = new Set();
  }

  /** A secret that must be nowhere. Short codes count only as a word of their own. */
  canary(name, value) {
    if (!value || this.seen.has(`${name} ${value}`)) return;
    this.seen.add(`${name} ${value}`);
    this.canaries.push({ name, value, pattern: patternOf(value) });
  }

  /** The cookies that a browser holds now: their values are canaries from here on. */
  async cookies(context) {
    for (const { name, value } of await context.cookies()) {
      if (name.startsWith('__Host-lw')) this.canary(`cookie ${name}`, value);
    }
  }

  /** One-time values, found in the addresses that the browser went to. */
  oneTimeValues(records) {
    for (const { kind, text } of records) {
      if (kind !== 'url') continue;
      const url = new URL(text);
      const inPath = url.pathname.match(/\/(?:owner|invitations|setup|bff\/logout\/continue|magic|link)\/([^/]{16,})/);
      for (const value of [url.searchParams.get('ticket'), inPath?.[1]]) this.canary('one-time value', value);
      if (url.pathname.startsWith('/federation/callback/')) this.canary('authorization code', url.searchParams.get('code'));
    }
  }

  /** Everything found where it does not belong: `{name, kind, where, near}`. */
  search(records) {
    const found = [];
    for (const record of records) {
      for (const { name, value, pattern } of this.canaries) {
        const at = pattern ? record.text.search(pattern) : record.text.indexOf(value);
        if (at >= 0) note(found, record, name, at, value.length);
      }
      for (const [name, shape] of Object.entries(SHAPES)) {
        for (const match of record.text.matchAll(shape)) note(found, record, name, match.index, match[0].length);
      }
    }
    return found;
  }
}

function note(found, record, name, at, length) {
  if (ALLOWED.some(({ fits }) => fits(record, name))) return;
  // The place is shown, the secret is not.
  const before = record.text.slice(Math.max(0, at - 60), at);
  const after = record.text.slice(at + length, at + length + 30);
  found.push({ name, kind: record.kind, where: record.where, near: `${before}[${name}]${after}` });
}

// Six digits also occur in fractions of a second and in longer numbers.
function patternOf(value) {
  return /^\d{6,8}$/.test(value) ? new RegExp(`(?<![\\d.])${value}(?!\\d)`) : undefined;
}

// ---- what the server left

export function logRecords(parts) {
  return parts.running
    .filter(({ name }) => name.startsWith('node-'))
    .map(({ name, log }) => ({ kind: 'log', where: name, text: readFileSync(log, 'utf8') }));
}

/** Every cell of every table, bytes as text, hex and base64. */
export function sqliteRecords(file) {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    return tables.map(({ name }) => ({
      kind: 'database',
      where: name,
      text: database.prepare(`SELECT * FROM "${name}"`).all().map(rowText).join('\n'),
    }));
  } finally {
    database.close();
  }
}

/** A dump by the database's own tool, byte columns decoded beside their hex. */
export function dumpRecords(dump) {
  const decoded = [...dump.matchAll(/\\x([0-9a-f]{8,})/g)].map(([, hex]) => Buffer.from(hex, 'hex').toString('latin1'));
  return [
    { kind: 'database', where: 'dump', text: dump },
    { kind: 'database', where: 'bytes in the dump', text: decoded.join('\n') },
  ];
}

function rowText(row) {
  return Object.values(row).map((cell) => {
    if (!(cell instanceof Uint8Array)) return String(cell);
    const bytes = Buffer.from(cell);
    return [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')].join(' ');
  }).join('\t');
}
