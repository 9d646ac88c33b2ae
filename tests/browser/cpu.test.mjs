// The page when the processor computes, in a worker: it can do everything that the page on a GPU does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { changedShare, colourCount, consoleFaults, countOf, gzippedSize, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { atRest, eventually, keepDevices, says } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits();
const adapter = (the) => the.page.locator('#adapter').innerText();

test('auto: where WebGPU is software, the processor learns two spirals instead, and the page says so', async (t) => {
  const the = await open(t, { query: '?preset=moons', reducedMotion: 'no-preference' });
  await the.until('step', '>', 0);
  await the.page.getByRole('button', { name: '2spirals', exact: true }).click();
  const start = Date.now();
  await the.source('2spirals');
  await the.until('step', '>', 0);
  await the.until('kl_source', '<', 0.05);
  t.diagnostic(`${((Date.now() - start) / 1e3).toFixed(1)} s to kl_source <= 0.05`);
  assert.match(await adapter(the), /^this processor, one thread \(WebAssembly SIMD\): WebGPU is software here/);
  for (const name of ['dual', 'tv_source', 'steps_per_second', 'evaluations', 'mass', 'maximality_phi']) {
    assert.ok(Number.isFinite(await the.metric(name)), `${name} is not a number`);
  }
  const size = gzippedSize(await Promise.all(the.bodies));
  t.diagnostic(`${size} bytes with the worker`);
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('the worker with fused multiply-add and the one without take the same steps, to rounding', async (t) => {
  const without = ['**/training-worker.js', (text) => text.replace('WebAssembly.validate', '(() => false)')];
  const runs = [];
  for (const change of [undefined, without]) {
    // A quarter of the usual learning rate, at which the first steps would amplify rounding.
    const the = await open(t, { query: '?backend=cpu&rate=0.005', change });
    await the.pause();
    await the.button('Reset').click();
    await the.until('step', '=', 0);
    for (let step = 1; step <= 5; step += 1) {
      await the.button('Step').click();
      await the.until('step', '=', step);
    }
    await the.settle();
    runs.push({ kl: await the.metric('kl_source'), dual: await the.metric('dual'), relaxed: the.requests.some((url) => url.endsWith('/flowsketch-training-worker-relaxed_bg.wasm')) });
    assert.deepEqual(consoleFaults(the.log), []);
    await the.close();
  }
  t.diagnostic(JSON.stringify(runs));
  assert.deepEqual(runs.map(({ relaxed }) => relaxed), [true, false]);
  // The five steps change KL by tenths of a nat.
  for (const name of ['kl', 'dual']) assert.ok(Math.abs(runs[0][name] - runs[1][name]) < 1e-4, `${name} differs`);
});

test('pictures follow t, the view, the size of the window and the theme', async (t) => {
  // A run so slow that its difference from the exact flow stays visible.
  const the = await open(t, { query: '?backend=cpu&rate=0.0001' });
  await the.still();
  // Set t: the flow may have been paused near 0, where its picture would equal that of t = 0.
  await the.slider('Time t').fill('0.5');
  await the.until('gap', '>', 0);
  await the.pause();
  let before = await the.flow.screenshot();
  const changes = async (what, act, least) => {
    await act();
    await eventually(`the picture does not follow ${what}`, async () => {
      const now = await the.flow.screenshot();
      return changedShare(before, now) > least && colourCount(now) > 4;
    });
    before = await the.flow.screenshot();
  };
  for (const time of ['0', '0.6', '1']) await changes('t', () => the.slider('Time t').fill(time), 0.02);
  await the.slider('Time t').fill('0.3');
  for (const view of ['Difference', 'Exact']) {
    await changes('the view', () => the.button(view).click(), 0.02);
    await shot(the, `cpu-${view.toLowerCase()}`);
  }
  await changes('the theme', () => the.button('Dark').click(), 0.3);
  await changes('the arrows', () => the.page.getByLabel('Arrows').uncheck(), 0.005);
  await the.page.setViewportSize({ width: 800, height: 700 });
  await eventually('the picture does not fill its place', async () => the.page.evaluate(() => {
    const canvas = document.getElementById('flow');
    return Math.min(canvas.clientWidth, 600) === canvas.width;
  }));
  assert.deepEqual(consoleFaults(the.log), []);
});

test('drawing, epsilon, one step, pause and reset', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  await the.draw();
  await the.until('kl_source', '<', 0.1);
  const before = await the.metric('step');
  await the.page.getByLabel('Epsilon as a number').fill('1');
  await the.page.keyboard.press('Enter');
  await the.page.waitForFunction(() => /ε = 1\b/.test(document.querySelector('[role="status"]')?.textContent));
  await the.until('step', '>', before);
  const paused = await the.pause();
  await the.button('Step').click();
  await the.until('step', '=', paused + 1);
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  const kl = await the.metric('kl_source');
  await the.button('Step').click();
  await the.until('step', '=', 1);
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  assert.equal(await the.metric('kl_source'), kl, 'the same seed gives the same start');
  await the.button('Clear').click();
  await the.page.waitForFunction(() => /empty/i.test(document.querySelector('[role="status"]')?.textContent));
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a hidden page computes nothing', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  await the.until('step', '>', 1);
  await the.hide(true);
  const step = await atRest(() => the.metric('step'), 3_000);
  await the.hide(false);
  const next = await the.until('step', '>', step);
  await the.page.waitForTimeout(1000);
  const speed = (await the.metric('step')) - next;
  assert.ok(next - step < speed + 100, `${next - step} steps while nobody looked`);
});

/** Different ways to make WebGPU unavailable, and what the page then says. */
const WITHOUT = {
  'no API': [() => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }), /does not offer WebGPU/],
  'no adapter': [() => { GPU.prototype.requestAdapter = async () => null; }, /no graphics adapter/],
  'a refused device': [() => { GPUAdapter.prototype.requestDevice = async () => { throw new TypeError('refused for the test'); }; }, /refused/],
  'an insecure context': [() => {
    Object.defineProperty(globalThis, 'isSecureContext', { get: () => false });
    Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
  }, /https/],
};
for (const [what, [prepare, reason]] of Object.entries(WITHOUT)) {
  test(`${what}: the processor computes, and the page says why`, async (t) => {
    const the = await open(t, { prepare, query: '?backend=gpu' });
    await the.until('step', '>', 2);
    assert.match(await adapter(the), reason);
    assert.equal(await the.page.getByRole('alert').count(), 0, 'an alert, although everything works');
    assert.ok(colourCount(await the.flow.screenshot()) > 4, 'nothing is drawn');
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a device that is lost three times: the processor goes on from the last weights', async (t) => {
  const the = await open(t, { query: '?backend=gpu', prepare: keepDevices });
  const step = await the.until('step', '>', 2);
  for (let k = 1; k <= 3; k += 1) {
    await the.page.waitForFunction((k) => globalThis.devices.length === k, k);
    await the.until('step', '>', -1);
    await the.page.waitForTimeout(500);
    await the.page.evaluate(() => globalThis.devices.at(-1).destroy());
  }
  await the.page.waitForFunction(() => /lost three times/.test(document.getElementById('adapter')?.textContent));
  const next = await the.until('step', '>', step);
  assert.ok(next >= step && (await the.metric('kl_source')) < 1, 'what was learned is lost');
  await the.until('step', '>', next + 10);
  assert.ok(colourCount(await the.flow.screenshot()) > 4, 'nothing is drawn');
  assert.equal(the.log.filter(({ type }) => type === 'pageerror').length, 0, JSON.stringify(the.log));
});

test('a worker that fails is started again once, where it stood; after that the page says what is wrong', async (t) => {
  const the = await open(t, {
    query: '?backend=cpu',
    prepare: () => {
      const Own = globalThis.Worker;
      globalThis.workers = [];
      globalThis.Worker = class extends Own {
        // Keeps only training workers, recognised by the protocol's first request; others inspect the flow.
        postMessage(message, ...rest) {
          if (message[0][0] === 0 && !globalThis.workers.includes(this)) globalThis.workers.push(this);
          super.postMessage(message, ...rest);
        }
      };
    },
  });
  await the.until('step', '>', 1);
  const paused = await the.pause();
  // Bytes that are not a request make the worker's program fail.
  const break_ = () => the.page.evaluate(() => globalThis.workers.at(-1).postMessage([new Uint8Array([255])]));
  await break_();
  await the.page.waitForFunction(() => globalThis.workers.length === 2);
  const words = await the.page.waitForFunction(() => document.querySelector('[role="status"]')?.textContent.match(/started again, from step ([\d,]+) \(/)?.[1]);
  assert.equal(countOf(await words.jsonValue()), paused);
  assert.equal(await the.settle(), paused, 'it did not go on from where it stood');
  await the.button('Train').click();
  await the.until('step', '>', paused);
  await break_();
  const alert = the.page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /worker failed/);
  assert.equal(await the.button('Step').isDisabled(), true, 'a control that cannot work is enabled');
  const before = await the.pad.screenshot();
  await the.draw();
  await eventually('the pad does not draw', async () => changedShare(before, await the.pad.screenshot()) > 0.02);
});

test('without a worker: one clear message, and the pad still draws', async (t) => {
  const the = await open(t, { query: '?backend=cpu', live: false, prepare: () => { globalThis.Worker = function () { throw new Error('none for the test'); }; } });
  const alert = the.page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /worker failed/);
  await the.source('2spirals');
  const before = await the.pad.screenshot();
  await the.draw();
  await eventually('the pad does not draw', async () => changedShare(before, await the.pad.screenshot()) > 0.02);
  assert.equal(await the.button('Step').isDisabled(), true, 'a control that cannot work is enabled');
  await shot(the, 'no-worker');
});

for (const colorScheme of ['light', 'dark']) {
  test(`screenshots, ${colorScheme}`, async (t) => {
    const the = await open(t, { colorScheme, query: '?backend=cpu' });
    await the.slider('Time t').fill('0.35');
    await the.until('kl_source', '<', 0.03);
    await shot(the, `cpu-${colorScheme}`);
  });
}

test('a narrow screen', async (t) => {
  const the = await open(t, { query: '?backend=cpu', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await the.until('kl_source', '<', 0.05);
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  await shot(the, 'cpu-narrow');
});

/** Types into a box and commits. */
const type = async (the, label, value) => {
  await the.page.getByLabel(label, { exact: true }).fill(value);
  await the.page.keyboard.press('Enter');
};
const box = (the, label) => the.page.getByLabel(label, { exact: true });

test('the paper’s recipe: its values, its count of evaluations, a run that diverges, and Reset', async (t) => {
  const the = await open(t, { query: '?backend=cpu&preset=checkerboard' });
  await the.still();
  await the.until('step', '>', 0);
  assert.equal(await box(the, 'Learning rate').isVisible(), false, 'a first visitor sees the settings');
  await the.page.getByText('Settings', { exact: true }).click();
  assert.equal(await box(the, 'Draws N').isVisible(), false);
  await the.button('Paper’s').click();
  await says(the, 'starts again at step 0');
  const values = () => Promise.all(['Learning rate', 'Batch B', 'Draws N', 'Penalty α', 'Seed'].map((label) => box(the, label).inputValue()));
  assert.deepEqual(await values(), ['0.001', '1000', '100', '0.00001', '0']);
  for (const label of ['Fourier features', 'Gaussian base', 'Moving average of the weights']) assert.equal(await box(the, label).isChecked(), false, label);
  assert.equal(await box(the, 'Epsilon as a number from 0.05 to 2').inputValue(), '0.2', 'the recipe leaves ε alone');
  await the.button('Paper’s values').click();
  assert.equal(await box(the, 'Epsilon as a number from 0.05 to 2').inputValue(), '1');
  const counted = async () => assert.equal(await the.metric('evaluations'), (await the.metric('step')) * 202_000);
  const [first, start] = [await the.until('step', '>', 0), Date.now()];
  const next = await the.until('step', '>', first);
  t.diagnostic(`${((Date.now() - start) / (next - first)).toFixed(0)} ms a step of 202 000 evaluations, measures included`);
  // The picture follows t even in the middle of a step.
  const [before, moved] = [await the.flow.screenshot(), Date.now()];
  await the.slider('Time t').fill('0.5');
  await eventually('the picture does not follow t', async () => changedShare(before, await the.flow.screenshot()) > 0.02);
  t.diagnostic(`${Date.now() - moved} ms until the picture followed t, two screenshots included`);
  await the.pause();
  await counted();

  // A smaller batch with fewer draws continues from the present weights. After Reset such a run diverges.
  const step = await the.metric('step');
  await type(the, 'Batch B', '200');
  await type(the, 'Draws N', '4');
  await the.button('Step').click();
  assert.equal(await the.until('step', '>', step), step + 1, 'it started again');
  assert.equal(await the.metric('evaluations'), step * 202_000 + 2_000);
  await type(the, 'Learning rate', '0.01');
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  await the.button('Train').click();
  const note = the.page.locator('#divergence');
  await note.waitFor();
  assert.match(await note.innerText(), /^Training has diverged: .* No maximiser exists with 4 draws: the \w+ .* holds .* % of the source, but /);
  await says(the, 'Training has diverged and is stopped');
  assert.equal(await the.button('Train').isDisabled(), true, 'a diverged run can be continued');
  const last = await the.settle();
  assert.equal(await the.metric('evaluations'), last * 2_000);
  await shot(the, 'divergence', { fullPage: true });
  await the.button('Reset').click();
  await the.until('step', '=', 0);
  assert.equal(await note.isVisible(), false);
  await the.button('Step').click();
  await the.until('step', '=', 1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('settings that make no sense are answered with a sentence, and nothing is lost', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  const before = await the.until('step', '>', 0);
  await the.page.getByText('Settings', { exact: true }).click();
  for (const [label, value, sentence] of [
    ['Learning rate', '-1', 'The learning rate is a positive number'],
    ['Learning rate', '', 'The learning rate is a positive number'],
    ['Batch B', '0', 'The batch has at least one point'],
    ['Batch B', '2.5', 'The batch is a whole number'],
    ['Batch B', '10000000', 'makes .* evaluations of a network in one step; \\d+ fit'],
    ['Seed', '-3', 'The seed is a whole number'],
  ]) {
    const kept = await box(the, label).inputValue();
    await type(the, label, value);
    await says(the, sentence);
    assert.equal(await box(the, label).inputValue(), kept, `${label} = ${value} was taken`);
  }
  assert.ok((await the.metric('step')) >= before, 'it started again');
  await box(the, 'Optimiser').selectOption('SGD');
  await type(the, 'Learning rate', '0.002');
  await the.until('step', '>', (await the.metric('step')) + 10);
  await box(the, 'Activation').selectOption('SiLU');
  await says(the, 'starts again at step 0');
  await the.button('Default values').click();
  assert.equal(await box(the, 'Learning rate').inputValue(), '0.02');
  assert.equal(await box(the, 'Activation').inputValue(), 'leaky-relu');
  await the.until('step', '>', 20);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a link chooses the recipe', async (t) => {
  const the = await open(t, { query: '?backend=cpu&recipe=paper&seed=3', live: false });
  assert.equal(await the.button('Paper’s').getAttribute('aria-pressed'), 'true');
  assert.equal(await box(the, 'Epsilon as a number from 0.05 to 2').inputValue(), '1');
  await the.until('step', '>', 0);
  assert.equal(await the.metric('evaluations'), (await the.metric('step')) * 202_000);
  const other = await open(t, { query: '?backend=cpu&recipe=papers' });
  await says(other, 'recipe is not quadrature or paper');
});

for (const [name, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  narrow: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
})) {
  test(`the settings fit and are accessible, ${name}`, async (t) => {
    const the = await open(t, { query: '?backend=cpu&recipe=paper', ...options });
    await shot(the, `settings-closed-${name}`, { fullPage: true });
    await the.page.getByText('Settings', { exact: true }).click();
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = await the.page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(seriousFindings(violations), []);
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    if (name === 'narrow') {
      const boxes = await the.page.locator('.training :is(button, summary, input, select, .check):visible').evaluateAll((all) => all
        .filter((one) => one.type !== 'checkbox' && one.type !== 'range')
        .map((one) => ({ name: one.id || one.textContent.trim(), width: one.offsetWidth, height: one.offsetHeight })));
      assert.deepEqual(smallTargets(boxes, 44), []);
    }
    await shot(the, `settings-${name}`, { fullPage: true });
  });
}
