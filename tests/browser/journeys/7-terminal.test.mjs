// A terminal signs in by a real browser, and by a code in one; then a script calls a service behind nginx.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { BIN, startEcho } from '../lib/laneway.mjs';
import { Parts, accepts, freePort, run, until, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz' };

/** A server on loopback, whose mails can be read, and a service behind an nginx that asks it about each token. */
async function startSite(parts) {
  const [port, ops, front] = [await freePort(), await freePort(), await freePort()];
  const wiki = `wiki.localhost:${front}`;
  const file = path.join(parts.dir, 'laneway.toml');
  writeFileSync(file, `public_url = "http://localhost:${port}"
mail_url = "outbox:"
trusted_proxies = ["127.0.0.1/32"]
[tenant]
signup = "open"
[limits]
network_factor = 100
`);
  const env = {
    LANEWAY_CONFIG: file, LANEWAY_LISTEN: `127.0.0.1:${port}`, LANEWAY_OPS_LISTEN: `127.0.0.1:${ops}`,
    LANEWAY_DATABASE_URL: `sqlite:${path.join(parts.dir, 'laneway.db')}`,
  };
  await parts.start('node', BIN, ['serve'], { env, ready: async () => (await fetch(`http://127.0.0.1:${ops}/readyz`)).ok });
  const backend = new URL(await startEcho(parts)).host;
  const dir = path.join(parts.dir, 'nginx');
  mkdirSync(dir, { recursive: true });
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`);
  writeFileSync(path.join(dir, 'nginx.conf'), `daemon off; pid ${dir}/pid; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 64; }
http { access_log off; ${temp.join(' ')}
  server {
    listen 127.0.0.1:${front};
    location / {
      auth_request /ask; proxy_set_header Authorization ""; proxy_pass http://${backend};
    }
    location = /ask {
      internal; proxy_pass http://127.0.0.1:${port}/oauth/userinfo; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_set_header Host localhost:${port}; proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`);
  await parts.start('nginx', 'nginx', ['-e', 'stderr', '-p', dir, '-c', path.join(dir, 'nginx.conf')], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` }, ready: () => accepts(front),
  });
  const mailbox = {
    to: (address) => until('a mail', 20, async () => {
      const all = await (await fetch(`http://127.0.0.1:${ops}/messages?to=${address}`)).json();
      return all.items.at(-1);
    }),
  };
  return { url: `http://localhost:${port}`, wiki, front, mailbox };
}

/** A computer with a terminal; its browser notes what it is opened with. */
function computer(parts, name) {
  const home = path.join(parts.dir, name);
  mkdirSync(home, { recursive: true });
  const browser = path.join(home, 'browser');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" > ${home}/opened\n`);
  chmodSync(browser, 0o755);
  const env = { PATH: '/usr/bin:/bin', HOME: home, XDG_STATE_HOME: `${home}/state`, BROWSER: browser, TERM: 'dumb', SHELL: '/bin/sh' };
  const terminal = (...args) => {
    const child = spawn('script', ['-qefc', [BIN, ...args].join(' '), '/dev/null'], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { text: '' };
    child.stdout.on('data', (part) => { said.text += part; });
    const ended = new Promise((done) => { child.on('exit', done); });
    parts.also(() => { child.kill(); });
    return { child, said, ended };
  };
  const opened = () => until('the browser opens', 30, () => {
    const text = existsSync(`${home}/opened`) && readFileSync(`${home}/opened`, 'utf8');
    return text && text.includes('code_challenge_method') && text;
  });
  return { terminal, opened, laneway: (...args) => run(BIN, args, { env }).trim() };
}

const asksService = async (site, token) => {
  const headers = ['-H', `Host: ${site.wiki}`, ...(token ? ['-H', `Authorization: Bearer ${token}`] : [])];
  const said = run('curl', ['-sS', '-w', '\n%{http_code}', ...headers, `http://127.0.0.1:${site.front}/hello`]);
  const [body, status] = [said.slice(0, said.lastIndexOf('\n')), said.slice(said.lastIndexOf('\n') + 1)];
  return { status: Number(status), path: status === '200' ? JSON.parse(body).path : '' };
};

test('a terminal signs in by a browser and by a code, and its tokens open a service behind nginx', { timeout: 900_000 }, async (t) => {
  const parts = new Parts(workDir('terminal'));
  try {
    const site = await startSite(parts);
    const browser = await openBrowser(parts, '127.0.0.1', 'EXCLUDE localhost,EXCLUDE 127.0.0.1');
    const { page } = await openPerson(browser);
    await addAuthenticator(page);
    const step = steps(t, parts, page);

    await step('laneway login leads through the sign-in page and back to the terminal', async () => {
      const near = computer(parts, 'near');
      const login = near.terminal('login', '--server', site.url);
      await page.goto(await near.opened());
      await signUp(page, site.mailbox, ANA);
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback/);
      assert.match(await page.locator('h1').innerText(), /Back to the terminal/);
      assert.equal(await login.ended, 0, login.said.text);
      assert.match(login.said.text, /signed in as ana@acme\.test/);
      const answer = await asksService(site, near.laneway('token'));
      assert.deepEqual([answer.status, answer.path], [200, '/hello']);
      assert.equal((await asksService(site)).status, 401);
    });

    await step('from a machine without a browser it goes by a code', async () => {
      const far = computer(parts, 'far');
      const login = far.terminal('login', '--server', site.url, '--device');
      const code = await until('a code', 30, () => login.said.text.match(/user_code=([A-Z]{4}-[A-Z]{4})/)?.[1]);
      await page.goto(`${site.url}/device`);
      await page.locator('input[name=user_code]').fill(code);
      await page.locator('button[data-kind=primary]').click();
      await page.locator('button[value=allow]').waitFor();
      assert.match(await page.locator('main').innerText(), /Laneway CLI[\s\S]*127\.0\.0\.1/);
      await page.locator('button[value=allow]').click();
      await page.getByText('Your device is signed in').waitFor();
      assert.equal(await login.ended, 0, login.said.text);
      assert.equal((await asksService(site, far.laneway('token'))).status, 200);
      assert.equal(far.laneway('logout'), 'signed out');
    });
  } finally {
    await parts.stop();
  }
});
