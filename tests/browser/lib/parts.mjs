// Starting and ending real programs: each in a process group of its own, with a log file, ended by
// `Parts.stop`. Nothing here knows what is started.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** A directory for one journey, kept only when LANEWAY_TEST_WORK says where to look afterwards. */
export function workDir(name) {
  const base = process.env.LANEWAY_TEST_WORK;
  if (base) mkdirSync(base, { recursive: true });
  return mkdtempSync(path.join(base ?? os.tmpdir(), `${name}-`));
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(what, seconds, attempt) {
  // Three times what it takes, for a machine that stands still in between.
  const end = Date.now() + 3 * seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const found = await attempt();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error(`${what}: not within ${seconds} s${last ? ` (${last.message})` : ''}`);
}

export function accepts(port) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    }).on('error', () => done(false));
  });
}

/** Runs a command to its end; its stdout, or an error that carries what it said. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, ...options });
  if (done.status !== 0) throw new Error(`${command} ${args[0]}: ${done.stderr || done.stdout || done.error}`);
  return done.stdout;
}

export class Parts {
  constructor(dir) {
    this.dir = dir;
    this.running = [];
    this.endings = [];
    this.stopped = false;
    process.on('exit', () => this.kill());
    process.on('SIGTERM', () => process.exit(143));
    process.on('SIGINT', () => process.exit(130));
  }

  /** Starts a program and waits until `ready()` holds. */
  async start(name, command, args, { env = {}, ready, seconds = 60 }) {
    const log = path.join(this.dir, `${name}.log`);
    const out = openSync(log, 'a');
    const child = spawn(command, args, { detached: true, stdio: ['ignore', out, out], env: { ...process.env, ...env } });
    closeSync(out);
    const part = { name, child, log, ended: false };
    child.on('exit', () => { part.ended = true; });
    child.on('error', () => { part.ended = true; });
    this.running.push(part);
    await until(`${name} ready`, seconds, () => {
      if (part.ended) throw Object.assign(new Error(`${name} ended: ${readFileSync(log, 'utf8').slice(-2000)}`));
      return ready();
    });
    return part;
  }

  /** Something else to undo at the end. */
  also(ending) {
    this.endings.push(ending);
  }

  async end(part) {
    if (part.ended) return;
    const gone = once(part.child, 'exit');
    process.kill(-part.child.pid, 'SIGTERM');
    const timer = setTimeout(() => process.kill(-part.child.pid, 'SIGKILL'), 15_000);
    await gone;
    clearTimeout(timer);
  }

  async stop() {
    this.stopped = true;
    for (const ending of this.endings.reverse()) await ending();
    for (const part of this.running.reverse()) await this.end(part);
    if (!process.env.LANEWAY_TEST_WORK && existsSync(this.dir)) rmSync(this.dir, { recursive: true });
  }

  // When we are ended ourselves: only what needs no waiting.
  kill() {
    if (!this.stopped) {
      for (const ending of this.endings.reverse()) {
        try { ending()?.catch?.(() => {}); } catch { /* the next one all the same */ }
      }
    }
    for (const part of this.running) {
      if (!part.ended) {
        try { process.kill(-part.child.pid, 'SIGKILL'); } catch { /* gone already */ }
      }
    }
  }
}
