// Looking at a page as people meet it: light, dark, at 320 px. Screenshots for a person's eyes, and
// axe plus a few measures for the machine's.
import { readFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 860 },
  { name: 'light-390', colorScheme: 'light', width: 390, height: 844 },
  { name: 'dark-390', colorScheme: 'dark', width: 390, height: 844 },
  { name: 'narrow', colorScheme: 'light', width: 320, height: 760 },
];

/** Takes the pictures and returns what is wrong: lines of text, none when all is well. Without `dir` it takes none. */
export async function lookAt(page, name, dir) {
  if (dir) mkdirSync(dir, { recursive: true });
  const before = page.viewportSize();
  const wrong = [];
  // Before anything of ours is in the page: axe and the pictures put styles into it.
  const inline = await page.locator('script:not([src]), style, [style], [onclick], [onload], [onsubmit]').count();
  if (inline) wrong.push(`${name}: ${inline} inline scripts, styles or handlers`);
  await page.evaluate(AXE);
  for (const view of VIEWS) {
    await page.emulateMedia({ colorScheme: view.colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: view.width, height: view.height });
    await picture(page, dir, `${name}-${view.name}`);
    // The dark has the places of the light.
    const stumbles = view.colorScheme === 'dark' ? [] : await keyboardFaults(page);
    for (const fault of [...(await faults(page)), ...stumbles]) wrong.push(`${name} (${view.name}): ${fault}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
  return wrong;
}

/** The same for a rendered sample, and with text at twice the size; mails carry their styles inline. */
export async function lookAtSample(page, name, dir) {
  // What has the focus in a mail is shown by the program that shows the mail.
  const inMails = (line) => line.includes(' inline ') || line.includes(' takes the focus ');
  const wrong = (await lookAt(page, name, dir)).filter((line) => !(name.startsWith('mail-') && inMails(line)));
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.addStyleTag({ content: 'html { font-size: 200% !important; }' });
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  if (wide > 0) wrong.push(`${name}: scrolls sideways by ${wide} with text at twice the size`);
  await picture(page, dir, `${name}-twice`);
  return wrong;
}

// JPEG, since packing a thousand PNGs costs more than everything else that is done to a page but axe.
async function picture(page, dir, name) {
  if (!dir) return;
  const take = () => page.screenshot({ path: path.join(dir, `${name}.jpg`), fullPage: true, type: 'jpeg', quality: 90, timeout: 20_000 });
  // Now and then Chromium draws no frame for a picture, and does when asked again; a page is no worse for that.
  await take().catch(take).catch(take);
}

async function faults(page) {
  return page.evaluate(async () => {
    const wrong = [];
    const { violations } = await globalThis.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    for (const { id, nodes } of violations) wrong.push(`${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    const headings = document.querySelectorAll('h1').length;
    if (headings !== 1) wrong.push(`${headings} h1`);
    const main = document.querySelector('main');
    // The input of a code is wider than the boxes that show it, and cut off there.
    // What lies in a table that scrolls by itself can be scrolled to.
    const scrolled = (node) => node && node !== main && (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolled(node.parentElement));
    const end = main && main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
    for (const control of document.querySelectorAll('main form .button, main form input:not(.bare), main form select')) {
      const { right, width } = control.getBoundingClientRect();
      if (width && right > end + 1 && !scrolled(control)) wrong.push(`sticks out of its sheet: ${control.outerHTML.slice(0, 80)}`);
    }
    if (document.scrollingElement.scrollWidth > innerWidth) wrong.push(`scrolls sideways: ${document.scrollingElement.scrollWidth} > ${innerWidth}`);
    return wrong;
  });
}

/** What a keyboard would stumble over, by looking at the page's stops instead of walking them. */
export async function keyboardFaults(page) {
  const before = await page.evaluateHandle(() => document.activeElement);
  // After a key, focus that a script gives shows as it does for the keyboard.
  await page.keyboard.press('Tab');
  const wrong = await page.evaluate(stumbles);
  await before.evaluate((one) => {
    document.activeElement.blur();
    one.focus();
    scrollTo(0, 0);
  });
  return wrong;
}

// Runs in the page.
function stumbles() {
  const wrong = [];
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
    .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }));
  const label = (one) => `${one.tagName.toLowerCase()} "${(one.getAttribute('aria-label') ?? one.innerText ?? '').trim().slice(0, 40) || one.id}"`;
  const main = document.querySelector('main');
  const before = [...document.querySelectorAll('nav a')].filter((one) => main?.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING);
  const skip = all[0]?.matches('a.skip') ? document.querySelector(all[0].getAttribute('href')) : null;
  if (before.length > 3 && !skip?.hasAttribute('tabindex')) wrong.push(`no skip link in front of ${before.length} links`);
  const boxes = all.map((one) => one.getBoundingClientRect());
  all.forEach((one, at) => {
    if (one.tabIndex > 0) wrong.push(`tabindex ${one.tabIndex} on ${label(one)}`);
    const [last, box] = [boxes[at - 1], boxes[at]];
    // In two columns the second begins above where the first ended: that is no step back.
    const above = last && box.bottom <= last.top && box.left < last.right;
    const left = last && box.right <= last.left && Math.min(box.bottom, last.bottom) - Math.max(box.top, last.top) > Math.min(box.height, last.height) / 2;
    const followed = () => [...ancestors(one)].some((around) => around.contains(all[at - 1]) && getComputedStyle(around).readingFlow === 'flex-visual');
    if (at > 1 && (above || left) && !followed()) wrong.push(`${label(one)} stands ${above ? 'above' : 'left of'} ${label(all[at - 1])}, which comes first`);
    one.focus({ preventScroll: true });
    const around = [one, one.closest('.code')].filter(Boolean);
    const shown = around.some((part) => getComputedStyle(part).outlineStyle !== 'none' && parseFloat(getComputedStyle(part).outlineWidth) >= 2);
    if (document.activeElement === one && !shown) wrong.push(`${label(one)} takes the focus without showing it`);
  });
  return wrong;

  function* ancestors(one) {
    for (let around = one.parentElement; around; around = around.parentElement) yield around;
  }
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
