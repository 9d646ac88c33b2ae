// How long a user waits after a stroke: `node benches/pen.mjs [ROUNDS]`, in headless Chromium. Measures the time from
// pen-up to the first KL to the source that is at most 0.05.
import { launch } from '../tests/browser/chromium.mjs';
import { servePage, visit } from '../tests/browser/visit.mjs';

const rounds = Number(process.argv[2] ?? 5);
const LIMIT = 0.05;
/** Curves over the pad, each from its parameter in [0, 1] to the unit square: one stroke a curve. */
const DRAWINGS = {
  'a wave': [(s) => [0.15 + 0.7 * s, 0.5 + 0.25 * Math.sin(7 * s)]],
  'two thin strokes': [(s) => [0.2 + 0.6 * s, 0.5], (s) => [0.5, 0.2 + 0.6 * s]],
  'a ring': [(s) => [0.5 + 0.3 * Math.cos(6.3 * s), 0.5 + 0.3 * Math.sin(6.3 * s)]],
};
const THIN = 'two thin strokes';

/** Draws on an empty pad, a second a stroke; returns the seconds from pen-up to KL `LIMIT`, by the page's clock. */
async function draw(page, name, size) {
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.waitForFunction(() => /empty/i.test(document.querySelector('[role="status"]').textContent));
  await page.getByLabel('Brush size as a number').fill(String(size));
  await page.keyboard.press('Tab');
  const strokes = DRAWINGS[name].map((curve) => Array.from({ length: 31 }, (_, k) => curve(k / 30)));
  return page.evaluate(async ({ strokes, limit }) => {
    const pad = document.getElementById('pad');
    const kl = document.querySelector('data[data-metric="kl_source"]');
    const send = (type, [x, y]) => {
      const box = pad.getBoundingClientRect();
      pad.dispatchEvent(new PointerEvent(type, {
        bubbles: true, cancelable: true, pointerId: 7, isPrimary: true, pointerType: 'pen', buttons: type === 'pointerup' ? 0 : 1,
        clientX: box.x + box.width * x, clientY: box.y + box.height * y,
      }));
    };
    for (const points of strokes) {
      send('pointerdown', points[0]);
      for (const point of points) {
        await new Promise((done) => setTimeout(done, 30));
        send('pointermove', point);
      }
      send('pointerup', points.at(-1));
    }
    const start = performance.now();
    // At pen-up the page removes the measurements of the earlier drawing.
    return new Promise((done) => {
      const look = () => {
        if (kl.value !== '' && Number(kl.value) <= limit) done((performance.now() - start) / 1e3);
        else setTimeout(look, 5);
      };
      setTimeout(look, 0);
    });
  }, { strokes, limit: LIMIT });
}

const server = await servePage();
const browser = await launch();
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(`| backend | drawing | seconds from pen-up to KL ${LIMIT}, median of ${rounds} | least and most |\n|---|---|---|---|`);
for (const backend of ['auto', 'gpu']) {
  const the = await visit(browser, server.url, { query: `?backend=${backend}` });
  await the.until('step', '>', 0);
  for (const name of Object.keys(DRAWINGS)) {
    const seconds = [];
    for (let round = 0; round < rounds; round += 1) seconds.push(await draw(the.page, name, name === THIN ? 0.08 : 0.25));
    console.log(`| ${backend} | ${name} | ${median(seconds).toFixed(2)} | ${Math.min(...seconds).toFixed(2)}, ${Math.max(...seconds).toFixed(2)} |`);
  }
  await the.close();
}
await browser.close();
await server.close();
