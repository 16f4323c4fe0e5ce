// The steps of a journey: each is a test of its own; after a failed one the rest fails at once, and a
// picture of the page shows where it stood.
import path from 'node:path';

export function steps(t, parts, page) {
  let broken = '';
  return (name, act) => t.test(name, async () => {
    if (broken) throw new Error(`not reached: "${broken}" failed`);
    try {
      await act();
    } catch (error) {
      broken = name;
      await page.screenshot({ path: path.join(parts.dir, 'failed.png'), fullPage: true }).catch(() => {});
      error.message += `\n  at ${page.url()} (picture and logs: ${parts.dir})`;
      throw error;
    }
  });
}
