// The Gaussian laboratory: an ellipse by mouse, by touch and by keyboard, and four methods that give the same numbers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { colourCount, consoleFaults, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { eventually } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const panel = (the) => the.page.locator('#laboratory');
const unfold = (the) => panel(the).getByText('Gaussian laboratory').click();
const box = (the, name) => panel(the).getByRole('spinbutton', { name, exact: true });
/** The numbers of the four methods; NaN where there are none. */
const table = (the) => panel(the).locator('tbody tr').evaluateAll((rows) =>
  rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number.parseFloat(cell.textContent.replace('−', '-')))));
const values = async (the) => Promise.all(['Mean x', 'Mean y', 'Deviation, along', 'and across', 'Angle'].map(async (name) => Number(await box(the, name).inputValue())));
/** The position of a point of the plane on the laboratory's map. */
const at = async (the, x, y) => {
  const map = the.page.locator('#lab-map');
  await map.scrollIntoViewIfNeeded();
  const frame = await map.boundingBox();
  return [frame.x + frame.width * (0.5 + x / 6.4), frame.y + frame.height * (0.5 - y / 6.4)];
};

test('drag the ellipse: the page learns it, and four ways agree', async (t) => {
  const the = await open(t);
  await unfold(the);
  await eventually('there is no ellipse', async () => (await values(the)).join() === '0.9,0.6,1,0.3,30');
  assert.ok((await table(the)).slice(2).flat().every(Number.isNaN), 'the table has numbers of another source');
  await the.page.mouse.move(...(await at(the, 0.9, 0.6)));
  await the.page.mouse.down();
  await the.page.mouse.move(...(await at(the, 0.2, 1)), { steps: 5 });
  await the.page.mouse.move(...(await at(the, -0.6, 0.8)), { steps: 5 });
  await the.page.mouse.up();
  await the.source('a Gaussian');
  const [x, y, ...shape] = await values(the);
  assert.ok(Math.abs(x + 0.6) < 0.06 && Math.abs(y - 0.8) < 0.06, `${x}, ${y}`);
  assert.deepEqual(shape, [1, 0.3, 30]);
  await eventually('the four ways do not agree', async () => {
    const [geodesic, closed, exact, learned] = await table(the);
    const near = (a, b, tolerance) => a.every((value, k) => Math.abs(value - b[k]) < tolerance * (k === 4 ? 50 : 1));
    return near(geodesic.slice(0, 2), closed, 2e-3) && near(exact, closed, 0.01) && near(learned, closed, 0.02);
  });
  for (const canvas of await panel(the).locator('canvas').all()) {
    await eventually('a picture is missing', async () => colourCount(await canvas.screenshot()) > 20);
  }
  // A time is chosen: the table shows it, and the page goes to that t.
  await panel(the).getByRole('button', { name: 'Numbers at t = 0', exact: true }).click();
  await eventually('the page is not there', async () => (await the.slider('Time t').inputValue()) === '0');
  await eventually('the table is of another time', async () => {
    const [geodesic, , exact] = await table(the);
    return Math.abs(geodesic[2] - 1) < 2e-3 && Math.abs(geodesic[3] - 0.3) < 2e-3 && Math.abs(exact[3] - 0.3) < 0.01;
  });
  await shot(the, 'laboratory');
  // With a source that is not the laboratory's the table is emptied.
  await the.button('moons').click();
  await eventually('the numbers of the Gaussian stay', async () => (await table(the)).slice(2).flat().every(Number.isNaN));
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('the ellipse by keyboard: invalid values are reset, a centre too far away is moved closer', async (t) => {
  const the = await open(t);
  await unfold(the);
  await box(the, 'Mean x').fill('9');
  await box(the, 'Mean x').press('Enter');
  await the.source('a Gaussian');
  await box(the, 'and across').fill('');
  await box(the, 'and across').press('Tab');
  await box(the, 'Angle').fill('120');
  await box(the, 'Angle').press('Tab');
  await eventually('the boxes keep invalid values', async () => (await values(the)).join() === '1.5,0.6,1,0.3,-60');
});

for (const colorScheme of ['light', 'dark']) {
  test(`the ellipse by touch on a narrow screen, ${colorScheme}`, async (t) => {
    const the = await open(t, { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme });
    await unfold(the);
    const client = await the.page.context().newCDPSession(the.page);
    const touch = async (type, point) => client.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [{ x: point[0], y: point[1] }] : [] });
    // Drags the end of the long axis to a point above the centre.
    await touch('touchStart', await at(the, 0.9 + Math.cos(Math.PI / 6), 0.6 + 0.5));
    await touch('touchMove', await at(the, 1.5, 1.4));
    await touch('touchMove', await at(the, 0.9, 1.4));
    await touch('touchEnd');
    await the.source('a Gaussian');
    const [, , along, across, angle] = await values(the);
    assert.ok(Math.abs(along - 0.8) < 0.06 && across === 0.3 && Math.abs(Math.abs(angle) - 90) < 4, `${along}, ${across}, ${angle}`);
    await eventually('nothing is learned', async () => (await table(the))[3].slice(0, 4).every(Number.isFinite));
    assert.ok(await the.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    const boxes = await panel(the).locator('button:visible, input:visible').evaluateAll((controls) => controls.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return { name: control.id, width, height };
    }));
    assert.deepEqual(smallTargets(boxes, 44), []);
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    assert.deepEqual(seriousFindings((await the.page.evaluate(() => globalThis.axe.run())).violations), []);
    await shot(the, `laboratory-narrow-${colorScheme}`);
  });
}
