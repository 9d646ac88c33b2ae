// The speed of the machine, measured in the page by one click.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { consoleFaults, seriousFindings, smallTargets } from './comparators.mjs';
import { measurements, startMeasuring } from './measuring.mjs';
import { eventually } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const progress = (the) => the.page.locator('#measure-progress').innerText();

test('one click times both workloads on each backend while training waits; then it goes on', async (t) => {
  const the = await open(t);
  await the.until('step', '>', 5);
  await startMeasuring(the);
  await eventually('no progress is shown', async () => /^Measuring 2 of 4: paper in the worker/.test(await progress(the)));
  const step = await the.metric('step');
  const rows = await measurements(the);
  assert.ok((await the.metric('step')) - step < 200, 'the page trained meanwhile');
  assert.deepEqual(rows.map(({ backend, workload }) => `${backend} ${workload}`), ['worker quadrature', 'worker paper', 'gpu quadrature', 'gpu paper']);
  for (const row of rows) {
    t.diagnostic(`${row.backend} ${row.workload}: ${row.rate.toFixed(0)} evaluations/s, ${row.gflops.toFixed(2)} GFLOP/s`);
    for (const name of ['rate', 'gflops', 'stepMs']) assert.ok(row[name] > 0 && Number.isFinite(row[name]), `${name}: ${row[name]}`);
    assert.ok(row.steps >= 2, 'one step is too few');
    const evaluations = row.workload === 'paper' ? 202_000 : 1_300;
    assert.ok(Math.abs(row.rate * row.stepMs / 1e3 / evaluations - 1) < 1e-6, 'rate and step do not fit');
  }
  assert.match(await the.page.locator('#measure-rows').innerText(), /swiftshader \(software\)/);
  const after = await the.metric('step');
  await the.until('step', '>', after + 5);
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const backend of ['cpu', 'gpu']) {
  test(`stopped half-way, training on the ${backend} goes on`, async (t) => {
    const the = await open(t, { query: `?backend=${backend}` });
    await the.until('step', '>', 1);
    await startMeasuring(the);
    await eventually('it does not begin', async () => /quadrature in the worker/.test(await progress(the)));
    await the.button('Stop measuring').press('Enter');
    assert.equal(await progress(the), 'Stopped.');
    const step = await the.metric('step');
    await the.until('step', '>', step);
    assert.equal(await the.page.locator('#measure-rows tr').count(), 0, 'the measurement went on');
    // It can be started again, and stops when the page is hidden.
    await the.button('Measure').click();
    await eventually('it does not begin again', async () => /quadrature in the worker/.test(await progress(the)));
    await the.hide(true);
    assert.equal(await progress(the), 'Stopped.');
    await the.hide(false);
    const next = await the.metric('step');
    await the.until('step', '>', next);
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a device that is refused is a sentence in its row; all of it on a narrow screen, accessible', async (t) => {
  const prepare = () => { GPUAdapter.prototype.requestDevice = async () => { throw new TypeError('refused for the test'); }; };
  const the = await open(t, { prepare, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await the.until('step', '>', 1);
  await startMeasuring(the);
  const rows = await measurements(the);
  assert.deepEqual(rows.map(({ rate }) => rate > 0), [true, true, false, false]);
  for (const { text } of rows.slice(2)) assert.match(text, /Not measured: the graphics adapter refused to open a device \([^()]*refused for the test\)\.$/);
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  const { width, height } = await the.button('Measure').boundingBox();
  assert.deepEqual(smallTargets([{ name: 'Measure', width, height }], 44), []);
  await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await the.page.evaluate(() => globalThis.axe.run('.speed'));
  assert.deepEqual(seriousFindings(violations), []);
  await the.page.locator('.speed').scrollIntoViewIfNeeded();
  await shot(the, 'speed-narrow');
  const step = await the.metric('step');
  await the.until('step', '>', step);
  assert.deepEqual(consoleFaults(the.log), []);
});
