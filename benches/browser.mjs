// Compares the page's own measurement of its speed with the paper's step in TensorFlow.js, alternating in Chromium, and
// with the same steps in JAX on the same cores: `node benches/browser.mjs PYTHON [ROUNDS]` after `scripts/build` and
// `npm ci` in this folder; PYTHON is an interpreter that has jax. Prints Markdown for BENCHMARKS.md.
import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from '../tests/browser/chromium.mjs';
import { measurements, startMeasuring } from '../tests/browser/measuring.mjs';
import { serve } from '../tests/browser/server.mjs';
import { servePage, visit } from '../tests/browser/visit.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const python = process.argv[2];
const rounds = Number(process.argv[3] ?? 3);

const BACKENDS = ['webgpu', 'wasm', 'cpu'];
/** Points and draws: sizes to choose from for each backend of TensorFlow.js, the smallest first; the last is the paper's. */
const SIZES = [[64, 16], [256, 16], [1000, 16], [256, 100], [1000, 100]];
/** Steps are timed for about so many seconds; one that takes longer than `LONGEST` is timed once. */
const SECONDS = 3;
const LONGEST = 10;
/** Time limit of TensorFlow.js for one size, with all that happens before the timed steps. */
const PATIENCE_MS = 90_000;

const note = (text) => console.error(text);

/** Evaluations a second of one backend at one size; none when it takes too long or fails. */
async function tensorflow(browser, url, backend, [batch, draws]) {
  const page = await browser.newPage();
  let timer;
  try {
    await page.goto(`${url}tfjs_step.html`);
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('too slow')), PATIENCE_MS); });
    const settings = { backend, batch, draws, seconds: SECONDS, longest: LONGEST };
    const { rate } = await Promise.race([page.evaluate((settings) => globalThis.measure(settings), settings), late]);
    note(`  tfjs ${backend} ${batch} x ${draws}: ${rate.toFixed(0)}`);
    return rate;
  } catch (error) {
    note(`  tfjs ${backend} ${batch} x ${draws}: ${error.message.split('\n')[0]}`);
    return undefined;
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}

/** Both workloads of the page on each of its backends. */
async function flowsketch(browser, url) {
  const the = await visit(browser, url, { query: '?backend=cpu' });
  try {
    await startMeasuring(the);
    return await measurements(the);
  } finally {
    await the.close();
  }
}

function jax(workload, steps) {
  const line = execFileSync(python, [resolve(here, 'jax_step.py'), workload, '--steps', steps], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(line).evaluations_per_second;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const digits = (value) => (value >= 9.95 ? value.toFixed(0) : value.toPrecision(2));
const spread = (values) => `${digits(median(values))} (${digits(Math.min(...values))}, ${digits(Math.max(...values))})`;

const [page, steps] = await Promise.all([servePage(), serve({ directory: here })]);
// A new browser for each measurement: what a page leaves behind in the GPU process would slow the next one.
const fresh = async (measure) => {
  const browser = await launch();
  try {
    return await measure(browser);
  } finally {
    await browser.close();
  }
};
try {
  note('sizes that suit TensorFlow.js');
  const best = {};
  for (const backend of BACKENDS) {
    for (const size of SIZES) {
      const rate = await fresh((browser) => tensorflow(browser, steps.url, backend, size));
      // Where one takes too long, larger ones do too.
      if (rate === undefined) break;
      if (!best[backend] || rate > best[backend].rate) best[backend] = { size, rate };
    }
  }
  const columns = new Map();
  const keep = (name, rate) => columns.set(name, [...(columns.get(name) ?? []), rate]);
  const names = Object.entries(best).map(([backend, { size }]) => [backend, size, `TensorFlow.js 4.22 ${backend}, ${size[0]} points, ${size[1]} draws`]);
  for (let round = 1; round <= rounds; round += 1) {
    note(`round ${round} of ${rounds}`);
    for (const { backend, device, workload, rate } of await fresh((browser) => flowsketch(browser, page.url))) {
      if (Number.isFinite(rate)) keep(`page: ${backend} (${device}), ${workload}`, rate);
      note(`  ${backend} ${workload}: ${rate}`);
    }
    for (const [backend, size, name] of names) {
      const rate = await fresh((browser) => tensorflow(browser, steps.url, backend, size));
      keep(name, rate ?? 0);
    }
    for (const [workload, count] of [['quadrature', '60'], ['paper', '4']]) keep(`JAX, ${workload}`, jax(workload, count));
  }
  const tfjs = names.map(([, , name]) => name);
  const better = tfjs.length ? tfjs.reduce((a, b) => (median(columns.get(b)) > median(columns.get(a)) ? b : a)) : undefined;
  const webgpu = names.find(([backend]) => backend === 'webgpu')?.[2];
  const ratio = (name, reference) => {
    if (!reference) return 'not measured';
    return spread(columns.get(name).map((rate, round) => rate / columns.get(reference)[round]));
  };
  console.log(`| what | evaluations/s | beside the best of TensorFlow.js | beside its WebGPU | beside JAX |\n|---|---|---|---|---|`);
  for (const [name, rates] of columns) {
    const workload = name.endsWith('quadrature') ? 'quadrature' : 'paper';
    const cells = [Number(median(rates).toPrecision(2)).toExponential(1), ratio(name, better), ratio(name, webgpu), ratio(name, `JAX, ${workload}`)];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
} catch (error) {
  console.error(`browser: ${error.message}`);
  process.exitCode = 1;
} finally {
  await Promise.all([page.close(), steps.close()]);
}
