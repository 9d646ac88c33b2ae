// Operates the page's speed measurement by clicks; shared by its test and the benchmarks.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** A step of the paper's size takes SwiftShader half a minute on a loaded machine, and at least four are taken. */
const PATIENCE_MS = 600_000;

/** Opens the section and starts the measurement. */
export async function startMeasuring(the) {
  await the.page.getByText('Speed of this machine').click();
  await the.button('Measure').click();
  await the.button('Stop measuring').waitFor();
}

/** Waits for the end; the rows of the table as { backend, device, workload, rate, gflops, stepMs, steps, text }. */
export async function measurements(the) {
  for (const start = Date.now(); (await the.page.locator('#measure-progress').innerText()) !== 'Measured.'; await delay(300)) {
    assert.ok(Date.now() - start < PATIENCE_MS, 'it does not end');
  }
  return the.page.locator('#measure-rows tr').evaluateAll((rows) => rows.map((row) => {
    const { backend, workload, rate, gflops, stepMs, steps } = row.dataset;
    const numbers = { rate: Number(rate), gflops: Number(gflops), stepMs: Number(stepMs), steps: Number(steps) };
    return { backend, workload, device: row.children[1].textContent, text: row.textContent, ...numbers };
  }));
}
