// While the pen moves, the exact flow follows it, the run learns the unfinished drawing, and neither delays the ink.
// Runs alone: it counts pictures by the clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockingTasks, changedShare, consoleFaults } from './comparators.mjs';
import { PATIENCE_MS, eventually, longestTask, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ reducedMotion: 'no-preference' });

/** Counts different pictures of the flow, and pointer events whose ink is not on the pad in the next frame. */
const prepare = () => {
  globalThis.pictures = [];
  globalThis.painted = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
    if (this.canvas.id === 'pad') globalThis.painted += 1;
    if (this.canvas.id === 'flow') {
      let hash = 7;
      for (let k = 0; k < image.data.length; k += 89) hash = (hash * 31 + image.data[k]) % 1000000007;
      globalThis.pictures.push(hash);
    }
    return put.call(this, image, ...rest);
  };
  // With WebGPU each picture takes a texture of the canvas.
  const texture = globalThis.GPUCanvasContext?.prototype.getCurrentTexture;
  if (texture) {
    globalThis.GPUCanvasContext.prototype.getCurrentTexture = function (...all) {
      globalThis.pictures.push(globalThis.pictures.length);
      return texture.apply(this, all);
    };
  }
  globalThis.ink = { events: 0, late: 0 };
  addEventListener('pointermove', (event) => {
    if (event.target.id !== 'pad' || event.buttons === 0) return;
    const before = globalThis.painted;
    globalThis.ink.events += 1;
    // Requested after the page's own frame callback, so that it runs after it in the same frame.
    requestAnimationFrame(() => { globalThis.ink.late += globalThis.painted === before ? 1 : 0; });
  });
  globalThis.frames = 0;
  const count = () => requestAnimationFrame(() => { globalThis.frames += 1; count(); });
  count();
};

/** So many different pictures show that the flow follows the pen: if pictures waited for pen-up there would be none. */
const PICTURES = 4;

/**
 * Puts the pen down and moves it for some seconds, and on a slow machine until there were `enough` pictures, by events
 * dispatched inside the page, which no other program can delay. Returns what was seen meanwhile. The pen stays down until
 * `lift`.
 */
async function drawFor(the, seconds, enough = PICTURES) {
  await the.pad.scrollIntoViewIfNeeded();
  const traced = await traceTasks(the.browser);
  const seen = await the.page.evaluate(async ([seconds, least, most_ms]) => {
    const pad = document.getElementById('pad');
    const box = pad.getBoundingClientRect();
    // Every step is long enough to lay ink.
    const event = (type, k) => pad.dispatchEvent(new PointerEvent(type, {
      bubbles: true, cancelable: true, pointerId: 7, isPrimary: true, pointerType: 'pen', buttons: 1,
      clientX: box.x + box.width * (0.5 + 0.33 * Math.cos(k)), clientY: box.y + box.height * (0.5 + 0.33 * Math.sin(1.7 * k)),
    }));
    globalThis.lift = () => event('pointerup', 0);
    Object.assign(globalThis, { pictures: [], frames: 0, ink: { events: 0, late: 0 } });
    const start = performance.now();
    event('pointerdown', 0);
    let k = 0;
    const isEnough = () => new Set(globalThis.pictures).size >= least || performance.now() - start > most_ms;
    while (performance.now() - start < 1e3 * seconds || !isEnough()) {
      await new Promise((done) => setTimeout(done, 30));
      event('pointermove', (k += 0.03));
    }
    const spent = (performance.now() - start) / 1e3;
    const { pictures, frames, ink } = globalThis;
    const different = new Set(pictures).size;
    return { rate: different / spent, different, frames, spent, ink };
  }, [seconds, enough, PATIENCE_MS]);
  return { ...seen, tasks: await traced() };
}

const lift = (the) => the.page.evaluate(() => globalThis.lift());
const told = ({ rate, frames, spent, ink, tasks }) => `${rate.toFixed(1)} different pictures a second, at ${(frames / spent).toFixed(0)} frames; ink of ${ink.late} of ${ink.events} events a frame late; ${longestTask(tasks)}`;
const paused = (the) => the.button('Train').waitFor();

for (const view of ['Exact', 'Learned', 'Difference']) {
  test(`the picture follows the pen: ${view}`, async (t) => {
    const the = await open(t, { query: `?backend=auto&t=0.4&view=${view.toLowerCase()}`, prepare });
    await the.until('gap', '>', -1);
    const address = the.page.url();
    const seen = await drawFor(the, 4);
    t.diagnostic(told(seen));
    await shot(the, `live-${view.toLowerCase()}`);
    assert.ok(seen.different >= PICTURES, `${seen.different} different pictures`);
    assert.deepEqual(blockingTasks(seen.tasks), []);
    // Another program can delay a frame; but if ink waited for the flow, it would be late with every event.
    assert.ok(seen.ink.events > 20 && seen.ink.late <= 0.1 * seen.ink.events, JSON.stringify(seen.ink));
    assert.equal(the.page.url(), address, 'the address follows before the pen is up');
    // The run learned meanwhile, and continues without a break.
    const [step, kl] = [await the.metric('step'), await the.metric('kl_source')];
    assert.ok(step > 0, 'nothing was learned while the pen moved');
    await lift(the);
    await the.until('gap', '>', -1);
    await the.until('kl_source', '<', 0.05);
    t.diagnostic(`kl_source ${kl.toFixed(3)} at step ${step} with the pen down`);
    await eventually('the address does not follow', async () => the.page.url() !== address);
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a paused run stays paused, and the exact flow still follows', async (t) => {
  const the = await open(t, { query: '?backend=cpu&t=0.4&view=exact', prepare });
  await the.until('gap', '>', -1);
  await the.pause();
  const seen = await drawFor(the, 2);
  t.diagnostic(told(seen));
  assert.ok(seen.different >= PICTURES, `${seen.different} pictures`);
  await paused(the);
  await lift(the);
  await the.until('gap', '>', -1);
  await paused(the);
  assert.equal(await the.settle(), 0, 'it trained');
  // Another source starts a new run, which waits for Train.
  await the.button('Undo').click();
  await the.source('2spirals');
  assert.equal(await the.settle(), 0, 'it trained');
  await the.button('Train').click();
  await the.until('step', '>', 0);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('an empty pad stops the run, and ink continues it; a stroke that leaves no ink gives no error', async (t) => {
  const the = await open(t, { query: '?backend=cpu&t=0.4&view=exact', prepare });
  await the.until('gap', '>', -1);
  await the.button('Clear').click();
  const says = () => the.status.innerText();
  await the.page.waitForFunction(() => /empty/i.test(document.querySelector('[role="status"]')?.textContent));
  // There is nothing to erase: the last flow stays, also while the pen is down.
  await the.button('Erase').click();
  const before = await the.flow.screenshot();
  const erased = await drawFor(the, 1, 0);
  assert.equal(erased.different <= 1, true, `${erased.different} pictures of nothing`);
  assert.doesNotMatch(await says(), /NaN|not a density/);
  await lift(the);
  await the.page.waitForFunction(() => /empty/i.test(document.querySelector('[role="status"]')?.textContent));
  assert.ok(changedShare(before, await the.flow.screenshot()) < 0.9);
  await paused(the);
  await the.button('Draw').click();
  const drawn = await drawFor(the, 1);
  assert.ok(drawn.different > 1, 'the flow does not follow');
  await lift(the);
  await the.source('your drawing');
  await the.until('step', '>', 0);
  await the.until('kl_source', '<', 0.1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('WebGPU in software: the exact flow follows the pen too', async (t) => {
  const the = await open(t, { query: '?backend=gpu&t=0.4&view=exact', prepare });
  await the.until('gap', '>', -1);
  const seen = await drawFor(the, 4);
  t.diagnostic(told(seen));
  await shot(the, 'live-gpu');
  assert.ok(seen.different >= PICTURES, `${seen.different} pictures`);
  assert.deepEqual(blockingTasks(seen.tasks), []);
  await lift(the);
  await the.until('step', '>', 0);
  await the.until('gap', '>', -1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('two strokes, one right after the other, are not joined by a line', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  await the.pad.scrollIntoViewIfNeeded();
  const box = await the.pad.boundingBox();
  const { mouse } = the.page;
  const to = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  for (const [from, end] of [[[0.15, 0.5], [0.85, 0.5]], [[0.5, 0.15], [0.5, 0.85]]]) {
    await mouse.move(...to(...from));
    await mouse.down();
    await mouse.move(...to(...end), { steps: 10 });
    await mouse.up();
  }
  await the.source('your drawing');
  const ink = (x, y) => the.pad.evaluate((pad, [x, y]) => [...pad.getContext('2d').getImageData(pad.width * x, pad.height * y, 1, 1).data].join(), [x, y]);
  await eventually('the second stroke is not there', async () => (await ink(0.5, 0.8)) !== (await ink(0.05, 0.05)));
  assert.notEqual(await ink(0.3, 0.5), await ink(0.05, 0.05), 'the first stroke is not there');
  assert.equal(await ink(0.675, 0.325), await ink(0.05, 0.05), 'a line from the end of one stroke to the next');
});
