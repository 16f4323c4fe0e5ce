// Looking at a page as people meet it: light, dark, at 320 px. Screenshots for a person's eyes, and
// axe plus a few measures for the machine's.
import { readFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 860 },
  { name: 'narrow', colorScheme: 'light', width: 320, height: 760 },
];

/** Takes the pictures and returns what is wrong: lines of text, none when all is well. */
export async function lookAt(page, name, dir) {
  mkdirSync(dir, { recursive: true });
  const before = page.viewportSize();
  const wrong = [];
  // Before anything of ours is in the page: axe and the pictures put styles into it.
  const inline = await page.locator('script:not([src]), style, [style], [onclick], [onload], [onsubmit]').count();
  if (inline) wrong.push(`${name}: ${inline} inline scripts, styles or handlers`);
  for (const view of VIEWS) {
    await page.emulateMedia({ colorScheme: view.colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: view.width, height: view.height });
    await page.screenshot({ path: path.join(dir, `${name}-${view.name}.png`), fullPage: true });
    for (const fault of await faults(page)) wrong.push(`${name} (${view.name}): ${fault}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
  return wrong;
}

async function faults(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const wrong = [];
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    for (const { id, nodes } of violations) wrong.push(`${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    const headings = document.querySelectorAll('h1').length;
    if (headings !== 1) wrong.push(`${headings} h1`);
    if (document.scrollingElement.scrollWidth > innerWidth) wrong.push(`scrolls sideways: ${document.scrollingElement.scrollWidth} > ${innerWidth}`);
    return wrong;
  });
}

/** Tabs through the page; the elements that take focus without showing it. */
export async function invisibleFocus(page) {
  const hidden = [];
  await page.evaluate(() => document.activeElement?.blur());
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    const state = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const around = [element, element.closest('.code')].filter(Boolean);
      const shown = around.some((one) => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      });
      return { shown, tag: element.outerHTML.slice(0, 80) };
    });
    if (!state) break;
    if (!state.shown) hidden.push(state.tag);
  }
  return hidden;
}
