// Dragging and playing are smooth, and no task of the main thread is long.
// Runs alone: it counts pictures and tasks by the clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockingTasks, changedShare, consoleFaults } from './comparators.mjs';
import { PATIENCE_MS, eventually, longestTask, says, traceTasks } from './visit.mjs';
import { visits } from './visits.mjs';

const open = visits({ reducedMotion: 'no-preference' });

/** So many different pictures show that the picture follows the thumb; it is moved until there are as many. */
const PICTURES = 4;

/** Returns a function from a position in [0, 1] to the point of the ε slider in the window. */
async function thumb(the) {
  const slider = the.slider('Epsilon');
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox();
  return (place) => [box.x + 8 + place * (box.width - 16), box.y + box.height / 2];
}

test('no task blocks the main thread while the worker trains and the flow plays', async (t) => {
  const the = await open(t, { query: '?backend=cpu' });
  const traced = await traceTasks(the.browser);
  await the.draw();
  await the.page.waitForTimeout(6000);
  await the.slider('Time t').fill('0.3');
  await the.slider('Epsilon').focus();
  for (let k = 0; k < 20; k += 1) await the.page.keyboard.press('ArrowRight');
  await the.page.waitForTimeout(2000);
  const tasks = await traced();
  t.diagnostic(longestTask(tasks));
  assert.deepEqual(blockingTasks(tasks), []);
});

test('no task blocks the main thread while it trains with WebGPU, plays and draws', async (t) => {
  const the = await open(t, { query: '?backend=gpu' });
  const traced = await traceTasks(the.browser);
  await the.draw();
  await the.page.waitForTimeout(8000);
  await the.slider('Time t').fill('0.3');
  await the.page.waitForTimeout(2000);
  const tasks = await traced();
  t.diagnostic(longestTask(tasks));
  assert.deepEqual(blockingTasks(tasks), []);
});

for (const view of ['Exact', 'Learned', 'Difference']) {
  test(`a thumb that drags ε is followed by the picture: ${view}`, async (t) => {
    const the = await open(t, {
      query: `?backend=cpu&t=0.35&view=${view.toLowerCase()}&epsilon=1`,
      prepare: () => {
        globalThis.pictures = [];
        const put = CanvasRenderingContext2D.prototype.putImageData;
        CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
          if (this.canvas.id === 'flow') {
            let hash = 7;
            for (let k = 0; k < image.data.length; k += 89) hash = (hash * 31 + image.data[k]) % 1000000007;
            globalThis.pictures.push(hash);
          }
          return put.call(this, image, ...rest);
        };
      },
    });
    await the.until('gap', '>', -1);
    const at = await thumb(the);
    const places = Array.from({ length: 160 }, (_, k) => 0.8 - 0.25 * (1 - Math.cos(k / 25)));
    await the.page.mouse.move(...at(places[0]));
    await the.page.mouse.down();
    await the.page.evaluate(() => { globalThis.pictures = []; });
    const traced = await traceTasks(the.browser);
    const start = Date.now();
    let pictures;
    do {
      for (const place of places) {
        await the.page.mouse.move(...at(place));
        await the.page.waitForTimeout(16);
      }
      pictures = await the.page.evaluate(() => globalThis.pictures);
    } while (new Set(pictures).size < PICTURES && Date.now() - start < PATIENCE_MS);
    const seconds = (Date.now() - start) / 1e3;
    const tasks = await traced();
    await the.page.mouse.up();
    const different = new Set(pictures).size;
    t.diagnostic(`${(different / seconds).toFixed(1)} different pictures a second, from 1 to 0.15 and back; ${longestTask(tasks)}`);
    // There would be none if every new ε restarted the solver.
    assert.ok(different >= PICTURES, `${different} different pictures`);
    assert.deepEqual(blockingTasks(tasks), []);
    // The last picture is of the last ε.
    const last = Number(await the.page.getByLabel('Epsilon as a number').inputValue());
    await says(the, `ε = ${last}[,.]`);
    if (view !== 'Learned') assert.match(await the.status.innerText(), /exact/);
    await the.until('gap', '>', -1);
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('a thumb that drags ε is followed by the exact picture: WebGPU', async (t) => {
  const query = (epsilon) => `?backend=gpu&view=exact&t=0.35&epsilon=${epsilon}`;
  const the = await open(t, { query: query(1) });
  await the.until('gap', '>', -1);
  const at = await thumb(the);
  const to = (place) => the.page.mouse.move(...at(place));
  await to(0.8);
  await the.page.mouse.down();
  const pictures = new Set();
  const start = Date.now();
  // The thumb goes from 1 to 0.15, and on a slow machine back and there again until there were enough pictures.
  for (let k = 1; k <= 60 || (pictures.size < PICTURES && Date.now() - start < PATIENCE_MS) || (k - 1) % 120 !== 60; k += 1) {
    await to(0.8 - 0.25 * (1 - Math.cos((Math.PI * k) / 60)));
    await the.page.waitForTimeout(30);
    if (k % 6 === 0) pictures.add((await the.flow.screenshot()).toString('base64'));
  }
  // There would be at most one if the picture waited until the thumb rests.
  t.diagnostic(`${pictures.size} different pictures, while the thumb moves from 1 to 0.15`);
  assert.ok(pictures.size >= PICTURES, `${pictures.size} different pictures`);
  await the.page.mouse.up();
  const last = await the.page.getByLabel('Epsilon as a number').inputValue();
  assert.ok(Number(last) < 0.3, `the thumb is at ${last}`);
  await the.page.waitForFunction((last) => new RegExp(`exact.* ε = ${last}[,.]`).test(document.querySelector('[role="status"]')?.textContent), last);
  // The picture equals that of a page opened with this ε.
  await the.until('gap', '>', -1);
  const dragged = await the.flow.screenshot();
  await the.page.goto(the.origin + query(last));
  await the.until('gap', '>', -1);
  await eventually('the picture is of another ε', async () => changedShare(dragged, await the.flow.screenshot()) < 0.002);
  assert.deepEqual(consoleFaults(the.log), []);
});
