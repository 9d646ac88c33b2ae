// The film strip, on both backends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedShare, colourCount, consoleFaults, strayRequests } from './comparators.mjs';
import { eventually } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits();
const TIMES = ['0', '1/3', '2/3', '1'];

for (const backend of ['cpu', 'gpu']) {
  test(`the film strip shows the flow at four times and jumps to them (${backend})`, async (t) => {
    const the = await open(t, { query: `?backend=${backend}&preset=moons` });
    const still = (k) => the.button(`Go to t = ${TIMES[k]}`);
    const pictures = () => Promise.all(TIMES.map((_, k) => still(k).locator('canvas').screenshot()));
    // The mark is set in the next frame.
    const marks = (k) => eventually(`picture ${k} is not marked`, async () => (await still(k).getAttribute('aria-current')) === 'true');
    await the.still();
    await the.slider('Time t').fill('0');
    for (const k of TIMES.keys()) {
      await eventually(`picture ${k} is blank`, async () => colourCount(await still(k).locator('canvas').screenshot()) > 8);
    }
    await the.pause();
    const moons = await pictures();
    assert.ok(changedShare(moons[0], moons[3]) > 0.05, 'the first picture is the last');
    // By mouse, and by key.
    await still(2).click();
    assert.equal(await the.slider('Time t').inputValue(), '0.667');
    await marks(2);
    await still(1).focus();
    await the.page.keyboard.press('Enter');
    assert.equal(await the.slider('Time t').inputValue(), '0.333');
    await marks(1);
    await the.slider('Time t').fill('0.9');
    await marks(3);
    assert.equal(await the.page.locator('.strip [aria-current="true"]').count(), 1);
    // The strip follows the view without training.
    await the.button('Difference').click();
    await eventually('the strip stays that of the learned flow', async () => changedShare(moons[0], (await pictures())[0]) > 0.2);
    await the.button('Learned').click();
    await eventually('the strip does not come back', async () => changedShare(moons[0], (await pictures())[0]) < 0.01);
    await the.page.getByRole('button', { name: 'rings', exact: true }).click();
    await eventually('the strip is of the source before', async () => changedShare(moons[0], (await pictures())[0]) > 0.1);
    await shot(the, `strip-${backend}`);
    assert.deepEqual(consoleFaults(the.log), []);
    assert.deepEqual(strayRequests(the.requests, the.origin), []);
  });
}

test('the film strip by touch on a narrow screen, dark', async (t) => {
  const narrow = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme: 'dark' };
  const the = await open(t, { query: '?backend=cpu', ...narrow });
  await the.still();
  await the.button('Go to t = 2/3').tap();
  assert.equal(await the.slider('Time t').inputValue(), '0.667');
  const canvas = the.button('Go to t = 1').locator('canvas');
  await eventually('the strip is blank', async () => colourCount(await canvas.screenshot()) > 8);
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  await shot(the, 'strip-narrow');
});

test('without its worker the page goes on, and says what is missing', async (t) => {
  const the = await open(t, { query: '?backend=gpu', prepare: () => { delete globalThis.Worker; globalThis.Worker = function Worker() { throw new Error('no workers here'); }; } });
  await the.page.waitForFunction(() => /inspects the flow failed/.test(document.querySelector('[role="status"]')?.textContent));
  const step = await the.metric('step');
  await the.until('step', '>', step);
  await the.button('Go to t = 1').click();
  assert.equal(await the.slider('Time t').inputValue(), '1');
});
