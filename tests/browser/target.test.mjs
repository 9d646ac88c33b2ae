// A target other than the Normal: a preset, or what was on the pad.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedShare, consoleFaults, strayRequests } from './comparators.mjs';
import { eventually, says } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits();
const target = (the) => the.page.getByLabel('Target', { exact: true });
const picture = (the) => the.page.locator('#target-picture').evaluate((canvas) => canvas.toDataURL());
const headline = (the) => the.page.getByRole('heading', { level: 1 }).innerText();
const address = (the) => new URL(the.page.url());

test('a preset as the target is learned, said, drawn and kept by a reload; the Normal again', async (t) => {
  const the = await open(t, { query: '?backend=cpu&preset=moons&epsilon=0.5&t=1' });
  const [normal, end] = [await picture(the), await the.flow.screenshot()];
  await target(the).selectOption('rings');
  await says(the, 'from the moons preset to the rings preset, ε = 0.5');
  assert.notEqual(await picture(the), normal);
  await the.until('kl_source', '<', 0.05);
  await the.until('gap', '>', -1);
  // With the transform the target marginal is exact by construction.
  assert.ok((await the.metric('marginal_target')) < 1e-3);
  await eventually('the flow does not end at the target', async () => changedShare(end, await the.flow.screenshot()) > 0.1);
  assert.equal(await the.page.locator('#time-end').innerText(), '1: rings');
  assert.match(await headline(the), /carry it to the rings preset\.$/);
  await shot(the, 'target-rings');
  await eventually('the address does not follow', () => address(the).searchParams.get('target') === 'rings');
  await the.page.reload();
  await says(the, 'to the rings preset');
  assert.equal(await target(the).inputValue(), 'rings');
  await target(the).selectOption('Normal');
  await says(the, 'from the moons preset to the Normal, ε = 0.5');
  assert.equal(await picture(the), normal);
  assert.match(await headline(the), /carry it to a Normal\.$/);
  await eventually('the address keeps the target', () => !address(the).searchParams.has('target'));
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('what is on the pad becomes the target, and the pad is free for the source', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  await the.button('Clear').click();
  await target(the).selectOption('what is on the pad now');
  await says(the, 'The pad is empty: draw the target on it first');
  assert.equal(await target(the).inputValue(), 'normal');
  await the.draw();
  const normal = await picture(the);
  await target(the).selectOption('what is on the pad now');
  await says(the, 'What was on the pad is the target now');
  await the.source('2spirals');
  assert.notEqual(await picture(the), normal);
  const drawn = await picture(the);
  await the.until('step', '>', 0);
  await the.page.getByRole('group', { name: 'Presets' }).getByRole('button', { name: 'moons', exact: true }).click();
  await says(the, 'from the moons preset to the drawn target');
  await the.until('kl_source', '<', 0.2);
  await the.button('Exact').click();
  await the.slider('Time t').fill('1');
  await says(the, 'the exact flow from the moons preset to the drawn target');
  await shot(the, 'target-drawn');
  await eventually('the address does not follow', () => /^#target=[\w-]{40,}$/.test(address(the).hash));
  await the.page.reload();
  await says(the, 'to the drawn target');
  assert.equal(await picture(the), drawn);
  assert.equal(await target(the).inputValue(), 'drawn');
  // Source and target are drawn: both are in the link.
  await the.draw();
  await eventually('the address does not follow', () => /^#drawing=[\w-]{40,}&target=[\w-]{40,}$/.test(address(the).hash));
  await the.page.reload();
  await the.source('your drawing');
  await says(the, 'from your drawing to the drawn target');
  assert.equal(await picture(the), drawn);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('to another target the run moves from WebGPU to the processor, and the page says so', async (t) => {
  const the = await open(t, { query: '?backend=gpu&preset=moons' });
  await the.until('step', '>', 1);
  assert.doesNotMatch(await the.page.locator('#adapter').innerText(), /this processor/);
  await target(the).selectOption('circles');
  await says(the, 'for the processor alone');
  await says(the, 'to the circles preset');
  assert.match(await the.page.locator('#adapter').innerText(), /^this processor.*only it computes to targets other than the Normal/);
  await the.until('kl_source', '<', 0.2);
  await target(the).selectOption('Normal');
  await says(the, 'from the moons preset to the Normal');
  await eventually('the address keeps the target', () => !address(the).searchParams.has('target'));
  await the.page.reload();
  await the.until('step', '>', 0);
  assert.doesNotMatch(await the.page.locator('#adapter').innerText(), /this processor/);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('files are of the target too', async (t) => {
  const the = await open(t, { query: '?backend=cpu&preset=moons&target=rings&epsilon=0.5' });
  await the.until('step', '>', 20);
  await the.pause();
  await the.button('Export').click();
  const [download] = await Promise.all([the.page.waitForEvent('download'), the.page.getByRole('dialog').getByRole('button', { name: 'Weights' }).click()]);
  const { readFileSync } = await import('node:fs');
  const weights = JSON.parse(readFileSync(await download.path()));
  assert.equal(weights.target.name, 'the rings preset');
  assert.equal(weights.target.density.length, 324 * 324);
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const colorScheme of ['light', 'dark']) {
  test(`a narrow screen, ${colorScheme}`, async (t) => {
    const the = await open(t, { query: '?backend=cpu&target=pinwheel', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme });
    await the.until('step', '>', 20);
    const { height } = await target(the).boundingBox();
    assert.ok(height >= 43.5, `${height} pixels`);
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    await target(the).scrollIntoViewIfNeeded();
    await shot(the, `target-narrow-${colorScheme}`);
  });
}
