// The page's link: copied, restored by a reload, and answered with a sentence where it is damaged.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { consoleFaults, seriousFindings } from './comparators.mjs';
import { eventually, says } from './visit.mjs';
import { shot, visits } from './visits.mjs';

// A link says whether the flow plays.
const open = visits({ query: '?backend=cpu', reducedMotion: 'no-preference' });
const address = (the) => new URL(the.page.url());
const pressed = (the, name) => the.button(name).getAttribute('aria-pressed');
/** The pixels of the pad, as text. */
const ink = (the) => the.pad.evaluate((pad) => pad.toDataURL());

/** Draws, and changes everything that a link holds from its default. */
async function setUp(the) {
  await the.draw();
  await the.page.getByLabel('Epsilon as a number').fill('0.7');
  await the.page.keyboard.press('Enter');
  await the.slider('Time t').fill('0.35');
  await the.until('gap', '>', -1);
  await the.button('Difference').click();
  await the.page.getByLabel('Both networks').check();
  await the.page.getByLabel('Arrows').uncheck();
  await the.page.getByText('Settings', { exact: true }).click();
  await the.page.getByLabel('Seed', { exact: true }).fill('7');
  await the.page.keyboard.press('Enter');
}

async function isRestored(the) {
  await the.source('your drawing');
  await the.until('step', '>', -1);
  assert.equal(await the.page.getByLabel('Epsilon as a number').inputValue(), '0.7');
  assert.equal(await the.page.getByLabel('Time t as a number').inputValue(), '0.35');
  assert.equal(await pressed(the, 'Difference'), 'true');
  assert.equal(await the.page.getByLabel('Both networks').isChecked(), true);
  assert.equal(await the.page.getByLabel('Arrows').isChecked(), false);
  assert.equal(await the.page.getByLabel('Seed', { exact: true }).inputValue(), '7');
  assert.equal(await the.button('Play flow').count(), 1, 'the flow plays');
}

test('an import survives a reload, partly erased and as the target too, and is not part of a link', async (t) => {
  const the = await open(t);
  await the.page.getByText('Image, points or word').click();
  const write = async (word) => {
    await the.page.getByLabel('Word').fill(word);
    await the.button('Draw word').click();
    await the.source(`the word “${word}”`);
  };
  await write('on');
  await the.page.getByLabel('Target', { exact: true }).selectOption('what is on the pad now');
  await the.source('2spirals');
  await write('hi');
  await the.button('Erase').click();
  const box = await the.pad.boundingBox();
  const middle = box.y + 0.5 * box.height;
  await the.page.mouse.move(box.x + 0.2 * box.width, middle);
  await the.page.mouse.down();
  await the.page.mouse.move(box.x + 0.8 * box.width, middle, { steps: 5 });
  await the.page.mouse.up();
  await the.source('your drawing');
  await the.pad.blur();
  await the.page.mouse.move(5, 5);
  const drawn = await ink(the);
  const kept = () => the.page.evaluate(() => globalThis.history.state?.length ?? 0);
  await eventually('nothing is kept', async () => (await kept()) > 500_000);
  // The last stroke has been stored too.
  await the.page.waitForTimeout(1500);
  await the.page.reload();
  await says(the, 'from your drawing to the word “on”');
  // Ink is stored as a density, so colours of pixels may differ slightly.
  const shade = await the.pad.evaluate(async (pad, before) => {
    const image = new Image();
    image.src = before;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: pad.width, height: pad.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const [a, b] = [context, pad.getContext('2d')].map((context) => context.getImageData(0, 0, pad.width, pad.height).data);
    return a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k])), 0);
  }, drawn);
  assert.ok(shade <= 4, `the pad is off by ${shade} of 255`);
  const url = the.page.url();
  const other = await open(t, { query: new URL(url).search + new URL(url).hash });
  await other.source('2spirals');
});

test('the address follows what is done, and a reload restores it, the drawing to the pixel', async (t) => {
  const the = await open(t);
  assert.equal(address(the).hash, '');
  await setUp(the);
  await eventually('the address does not follow', () => /seed=7/.test(address(the).search) && address(the).hash !== '');
  assert.equal(address(the).search, '?v=1&epsilon=0.7&seed=7&t=0.35&view=difference&pair=networks&arrows=off&backend=cpu');
  assert.match(address(the).hash, /^#drawing=[\w-]{40,}$/);
  t.diagnostic(`${address(the).href.length} letters for one stroke`);
  const [before, link] = [await ink(the), the.page.url()];
  await the.page.reload();
  await isRestored(the);
  assert.equal(await ink(the), before);
  // A restored drawing can be undone like a drawn one.
  await the.button('Undo').click();
  await the.button('Redo').click();
  assert.equal(await ink(the), before);
  // Another drawing in the same window: only the fragment of the address differs.
  await the.page.evaluate((hash) => { location.hash = hash; }, '#drawing=nothing');
  await says(the, 'The link’s drawing has letters|The link’s drawing is');
  await the.source('2spirals');
  await the.page.goto(link);
  await isRestored(the);
  assert.equal(await ink(the), before);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('Share copies the link, and says so; the link opens the same page elsewhere', async (t) => {
  const the = await open(t, { permissions: ['clipboard-read', 'clipboard-write'] });
  await setUp(the);
  await the.button('Share').click();
  await says(the, 'The link is copied');
  const link = await the.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, the.page.url());
  const before = await ink(the);
  const other = await open(t, { query: new URL(link).search + new URL(link).hash });
  await isRestored(other);
  assert.equal(await ink(other), before);
  assert.deepEqual(consoleFaults(the.log), []);
});

/** A window 390 px wide has room for the three buttons of the corner. */
test('on a narrow screen nothing is pushed aside', async (t) => {
  const the = await open(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await the.button('Share').scrollIntoViewIfNeeded();
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  await shot(the, 'link-narrow');
});

test('where the clipboard is refused, the link is shown to be copied by hand', async (t) => {
  const the = await open(t, { prepare: () => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused for the test')); } });
  await the.button('moons').click();
  await the.source('moons');
  await the.button('Share').click();
  const dialog = the.page.getByRole('dialog', { name: 'Link to the page as it is now' });
  await dialog.waitFor();
  await says(the, 'does not let the page copy the link');
  const field = dialog.getByRole('textbox');
  assert.equal(await field.inputValue(), the.page.url());
  assert.match(the.page.url(), /\?v=1&preset=moons&backend=cpu$/);
  assert.equal(await field.evaluate((field) => field === document.activeElement && field.selectionEnd - field.selectionStart === field.value.length), true);
  await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await the.page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(seriousFindings(violations), []);
  await shot(the, 'link');
  await dialog.getByRole('button', { name: 'Close' }).click();
  assert.equal(await dialog.isVisible(), false);
});

test('no clipboard at all', async (t) => {
  const the = await open(t, { prepare: () => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }) });
  await the.button('Share').click();
  await the.page.getByRole('dialog', { name: 'Link to the page as it is now' }).waitFor();
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a hostile link gives a sentence and the page as it always starts', async (t) => {
  for (const [query, sentence] of [
    ['?preset=%3Cimg%20src=x%20onerror=alert(1)%3E', 'The link’s preset is not one that exists; the rest of it is kept\\.'],
    ['?epsilon=1e999&seed=-1', 'The link’s epsilon is not a number from 0\\.05 to 2 \\(1 of 2 faults\\);'],
    ['?v=99', 'The link is of a version that this page does not know;'],
    ['#drawing=BQIAAPQD', 'The link’s drawing is cut off or damaged;'],
    [`#drawing=${'A'.repeat(40_000)}`, 'The link’s drawing is too long;'],
    // A stroke far outside the pad: a valid link whose drawing has no ink.
    ['#drawing=CAIAAPQDwAwC4KgB4KgB', 'The link’s drawing leaves nothing on the pad; here is 2spirals instead\\.'],
  ]) {
    const the = await open(t, { query });
    await says(the, sentence);
    await the.source('2spirals');
    await the.until('step', '>', 0);
    assert.equal(await the.page.getByLabel('Epsilon as a number').inputValue(), '0.2');
    assert.deepEqual(consoleFaults(the.log), []);
    await the.close();
  }
});
