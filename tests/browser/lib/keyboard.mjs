// A person without a mouse: Tab, Shift+Tab, Enter, Space, arrows and typing, nothing else. At every
// stop the focus must show, be in sight, and be where the page's order says.
import assert from 'node:assert/strict';

const ENOUGH = 120;

/** @param page with nothing focused yet, or whatever the page itself focuses */
export async function keyboard(page) {
  const tree = await page.context().newCDPSession(page);
  return new Keyboard(page, tree);
}

class Keyboard {
  constructor(page, tree) {
    this.page = page;
    this.tree = tree;
    this.stops = [];
    this.wrong = [];
  }

  /** What has the focus, as the browser tells assistive technology: `{name, role, …}`, or null. */
  async focused() {
    // A page that goes while it is asked is asked again when the next is there.
    for (let left = 20; ; left -= 1) {
      try {
        return await this.ask();
      } catch (error) {
        if (left === 0 || !/context|navigat|node/i.test(error.message)) throw error;
        await this.page.waitForTimeout(100);
      }
    }
  }

  async ask() {
    const { result } = await this.tree.send('Runtime.evaluate', { expression: 'document.activeElement === document.body ? null : document.activeElement' });
    if (!result.objectId) return null;
    const { nodes: [node] } = await this.tree.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false });
    const { result: seen } = await this.tree.send('Runtime.callFunctionOn', {
      objectId: result.objectId, functionDeclaration: String(look), returnByValue: true,
    });
    return { role: node.role?.value ?? '', name: (node.name?.value ?? '').trim(), ...seen.value };
  }

  /** Tabs until something with this accessible name (and role) has the focus. */
  async reach(name, { role, back = false } = {}) {
    const wanted = (stop) => stop && (name instanceof RegExp ? name.test(stop.name) : stop.name === name) && (!role || [role].flat().includes(stop.role));
    const met = [];
    let stop = await this.focused();
    // Past the last stop comes the browser's own bar, then the page again: once round is enough.
    for (let step = 0, rounds = 0; !wanted(stop) && step < ENOUGH && rounds < 2; step += 1) {
      await this.page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
      stop = await this.focused();
      if (stop) this.judge(stop, met, back);
      else rounds += 1;
      met.push(stop);
    }
    const list = () => met.map((one) => `    ${one ? `${one.role} "${one.name}"` : '(the end)'}`).join('\n');
    assert.ok(wanted(stop), `no stop is ${role ?? 'anything'} ${name} on ${this.page.url()}; the keyboard met:\n${list()}`);
    return stop;
  }

  judge(stop, met, back) {
    const last = met.at(-1);
    const say = (fault) => this.wrong.push(`${new URL(this.page.url()).pathname}: ${stop.role} "${stop.name}" ${fault}`);
    this.stops.push(stop);
    if (!stop.name) say(`has no name: ${stop.tag}`);
    if (!stop.shown) say('does not show that it has the focus');
    if (!stop.inSight) say('is out of sight while it has the focus');
    if (last && stop.place >= 0 && (back ? stop.place > last.place : stop.place < last.place)) say(`comes after "${last.name}", against the order of the page`);
  }

  /** Presses what has the focus, by its name. */
  async press(name, options = {}) {
    const stop = await this.reach(name, options);
    await this.page.keyboard.press(options.key ?? (stop.role === 'link' ? 'Enter' : 'Space'));
  }

  /** Types into the field of this name; what stood there goes. */
  async type(name, text) {
    await this.reach(name, { role: ['textbox', 'searchbox'] });
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.type(text);
  }

  /** Types, and sends the form from within the field. */
  async send(name, text) {
    await this.type(name, text);
    await this.page.keyboard.press('Enter');
  }

  /** Picks in a list by typing the beginning of a choice. */
  async choose(name, choice) {
    await this.reach(name, { role: 'combobox' });
    await this.page.keyboard.type(choice);
  }

  /** Waits for the page with this heading. Reading it takes no hands. */
  async arrives(heading) {
    await this.page.locator('h1', { hasText: heading }).first().waitFor();
    await this.page.waitForLoadState();
  }

  /** The first stop leads past the navigation: Enter on it, and the next stop is in the page's main part. */
  async skips() {
    const at = new URL(this.page.url()).pathname;
    await this.page.keyboard.press('Tab');
    const first = await this.focused();
    assert.equal(first?.name, 'Skip to content', `${at}: the first stop is "${first?.name}"`);
    this.judge(first, [], false);
    await this.page.keyboard.press('Enter');
    assert.equal(await this.page.evaluate(() => document.activeElement?.id), 'main', `${at}: the skip link moves the focus`);
    await this.page.keyboard.press('Tab');
    assert.ok(await this.page.evaluate(() => document.activeElement.closest('main')), `${at}: the stop after the skip link is in main`);
  }
}

// Runs in the page, on the element that has the focus.
function look() {
  const around = [this, this.closest('.code')].filter(Boolean);
  const shown = around.some((one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && !/rgba\(.*, 0\)$|^transparent$/.test(style.outlineColor);
  });
  const box = this.getBoundingClientRect();
  const inSight = box.width > 3 && box.height > 3 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
    && this.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const place = [...document.querySelectorAll('*')].indexOf(this);
  return { shown, inSight, place, tag: this.outerHTML.slice(0, 100) };
}
