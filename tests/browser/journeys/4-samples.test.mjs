// Every sample of every page and mail, in every language, as people meet it: light and dark, wide, narrow,
// at 320 px and with text at twice the size. A page joins by having samples; nothing here names one.
// With LANEWAY_TEST_PICTURES=1 pictures for a person's eyes lie in the run's directory under `shots`; taking them is
// most of the work, and no machine looks at them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openBrowser, openPerson } from '../lib/browser.mjs';
import { lookAtSample } from '../lib/look.mjs';
import { Parts, workDir } from '../lib/parts.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TYPES = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.html': 'text/html' };
const WINDOWS = os.availableParallelism();
const BRAND = ':root{--brand:#7b2d5b;--brand-ink:#fff}';

/** The rendered samples: written by the test of the views, which knows them all. */
function render(folder) {
  mkdirSync(folder, { recursive: true });
  const filter = 'views::tests::samples_can_be_looked_at';
  execFileSync('cargo', ['test', '-q', '--locked', '--workspace', '--lib', '--', filter], {
    cwd: ROOT, env: { ...process.env, LANEWAY_SAMPLES: folder }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  return readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
}

/** Serves samples, and the assets that they name whatever their version. */
async function serve(parts, folder) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const asset = pathname.match(/^\/assets\/(?:[0-9a-f]{8}\/)?(.+)$/)?.[1];
    const type = TYPES[path.extname(pathname)] ?? 'application/octet-stream';
    try {
      const body = asset === 'brand.css' ? BRAND
        : readFileSync(asset ? path.join(ROOT, 'templates/assets', asset) : path.join(folder, path.basename(pathname)));
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  parts.also(() => server.close());
  return server.address().port;
}

test('every sample, as people meet it', async (t) => {
  const parts = new Parts(workDir('samples'));
  t.after(() => parts.stop());
  const folder = path.join(parts.dir, 'html');
  const names = render(folder);
  assert.ok(names.length > 50, `${names.length} samples`);
  const site = 'http://samples.laneway.test';
  const browser = await openBrowser(parts, `127.0.0.1:${await serve(parts, folder)}`);
  const shots = process.env.LANEWAY_TEST_PICTURES && path.join(parts.dir, 'shots');
  const wrong = [];
  const left = [...names];
  // Each window takes the next page.
  await Promise.all(Array.from({ length: WINDOWS }, async () => {
    const { page } = await openPerson(browser);
    // It would send its form at once and leave the page.
    await page.route('**/js/submit.js', (route) => route.abort());
    for (let name = left.shift(); name; name = left.shift()) {
      await page.goto(`${site}/${name}`);
      wrong.push(...(await lookAtSample(page, name.replace('.html', ''), shots)));
    }
  }));
  // One line each: an assertion's own difference would leave out the middle of a long list.
  assert.equal(wrong.length, 0, `\n${wrong.sort().join('\n')}`);
});
