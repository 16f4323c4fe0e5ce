// Where the provider keeps its rows: a map per kind, in memory. The control side looks into it to
// end a person's sessions, which the provider itself only does when that person signs out.

const rows = new Map();

const nameOf = (kind, id) => `${kind}:${id}`;

function live(row) {
  return row && (!row.until || row.until > Date.now()) ? row.payload : undefined;
}

function findBy(kind, field, value) {
  for (const [name, row] of rows) {
    if (name.startsWith(`${kind}:`) && row.payload[field] === value) return live(row);
  }
  return undefined;
}

export class Store {
  constructor(kind) {
    this.kind = kind;
  }

  async upsert(id, payload, expiresIn) {
    rows.set(nameOf(this.kind, id), { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : 0 });
  }

  async find(id) {
    return live(rows.get(nameOf(this.kind, id)));
  }

  async findByUid(uid) {
    return findBy(this.kind, 'uid', uid);
  }

  async findByUserCode(code) {
    return findBy(this.kind, 'userCode', code);
  }

  async consume(id) {
    const row = rows.get(nameOf(this.kind, id));
    if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    rows.delete(nameOf(this.kind, id));
  }

  async revokeByGrantId(grantId) {
    for (const [name, row] of rows) {
      if (row.payload.grantId === grantId) rows.delete(name);
    }
  }
}

/** The live sign-ins of one person: `{id, authorizations}` each. */
export function sessionsOf(accountId) {
  return [...rows]
    .filter(([name, row]) => name.startsWith('Session:') && row.payload.accountId === accountId)
    .map(([, row]) => ({ id: row.payload.jti, authorizations: row.payload.authorizations ?? {} }));
}
