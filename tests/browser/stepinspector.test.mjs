// One training step in slow motion, stage by stage.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { colourCount, consoleFaults, countOf, grouped, seriousFindings, smallTargets } from './comparators.mjs';
import { eventually } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const panel = (the) => the.page.locator('#step-inspector');
const unfold = (the) => panel(the).getByText('One training step, slowly').click();
const map = (the) => panel(the).getByRole('img', { name: 'Stage of the step' });
const button = (the, name) => panel(the).getByRole('button', { name, exact: true });
const words = (the) => panel(the).locator('#step-inspector-words').textContent();
const says = (the, pattern) => eventually(`it does not say ${pattern}`, async () => pattern.test(await words(the)));
const stepOf = async (the) => countOf(/^Step ([\d,]+)\./.exec(await words(the))[1]);
/** The highlighted line of the algorithm, counted from 1. */
const lit = (the) => panel(the).locator('.step-inspector-lines:not([hidden]) button').evaluateAll((lines) => lines.map((line) => line.getAttribute('aria-current')).indexOf('step') + 1);
const values = (text) => /goes from (\S+) to (\S+)\./.exec(text.replaceAll('−', '-')).slice(1).map(Number);

test('seven stages of a step, the next step, half a step; the page’s run stays as it is', async (t) => {
  const the = await open(t);
  const paused = await the.pause();
  await unfold(the);
  await says(the, /^Step .* fresh points of the source/);
  const first = await stepOf(the);
  assert.equal(first, paused + 1);
  const pictures = [];
  for (let stage = 1; stage <= 7; stage += 1) {
    await eventually(`stage ${stage} is not highlighted`, async () => (await lit(the)) === stage);
    const picture = await map(the).screenshot();
    assert.ok(colourCount(picture) > (stage === 1 ? 2 : 5), `stage ${stage} shows nothing`);
    pictures.push(picture.toString('base64'));
    if (stage === 5) {
      const [before, after] = values(await words(the));
      assert.ok(Number.isFinite(before) && Number.isFinite(after), 'J is no number');
    }
    await button(the, 'Next').click();
  }
  assert.equal(new Set(pictures).size, 7, 'two stages look the same');
  await says(the, new RegExp(`^Step ${grouped(first + 1)}\\.`));
  // φ alone: a step is taken at once and does not change ψ.
  await button(the, 'φ alone').click();
  await says(the, new RegExp(`^Step ${first + 2}\\.`));
  await panel(the).getByRole('button', { name: /^Move ψ/ }).click();
  await says(the, /leaves ψ alone/);
  assert.equal(await lit(the), 7);
  assert.equal(await the.metric('step'), paused, 'the page’s run took steps');
  // Slow motion continues by itself, and stops when a line is chosen.
  await button(the, 'Slow motion').click();
  await says(the, new RegExp(`^Step ${first + 3}\\.`));
  await eventually('slow motion does not advance', async () => (await lit(the)) > 1);
  await panel(the).getByRole('button', { name: /^Transform it/ }).click();
  assert.equal(await button(the, 'Slow motion').getAttribute('aria-pressed'), 'false');
  await shot(the, 'step-inspector', { fullPage: true });
  assert.deepEqual(consoleFaults(the.log), []);
});

test('another y by pointer and by keys', async (t) => {
  const the = await open(t);
  await unfold(the);
  await says(the, /^Step /);
  const box = await map(the).boundingBox();
  await the.page.mouse.click(box.x + 0.3 * box.width, box.y + 0.5 * box.height);
  await says(the, /At y = \(−1\.\d+, (−?)0\.\d+\)/);
  const time = await the.slider('Time t').inputValue();
  await map(the).focus();
  for (let k = 0; k < 5; k += 1) await map(the).press('ArrowUp');
  await says(the, /At y = \(−1\.\d+, 1\.\d+\)/);
  assert.ok(await the.button('Pause training').isVisible(), `the keys moved more than y; t was ${time}`);
});

/** The paper's recipe and sizes. */
const PAPER = { query: '?backend=cpu&recipe=paper&preset=moons&seed=3' };

test('nine stages of a step of the paper’s recipe, which says that it is computing', async (t) => {
  const the = await open(t, PAPER);
  const paused = await the.pause();
  await unfold(the);
  const share = panel(the).getByRole('progressbar', { name: 'Computing the next step' });
  await share.waitFor();
  const began = Date.now();
  await says(the, /^Step .* 1,000 fresh points of the source and 1,000 of the target/);
  console.log(`a step of 202,000 evaluations took ${((Date.now() - began) / 1e3).toFixed(1)} s from its first answer on`);
  assert.ok(!(await share.isVisible()), 'it is computing still');
  const first = await stepOf(the);
  assert.equal(first, paused + 1);
  const pictures = [];
  for (let stage = 1; stage <= 9; stage += 1) {
    await eventually(`stage ${stage} is not highlighted`, async () => (await lit(the)) === stage);
    const picture = await map(the).screenshot();
    assert.ok(colourCount(picture) > 2, `stage ${stage} shows nothing`);
    pictures.push(picture.toString('base64'));
    await shot(the, `step-inspector-paper-${stage}`, { fullPage: true });
    const text = await words(the);
    if (stage === 5 || stage === 9) {
      const [, name, change] = /by these points (J|I) changes by (.+), to .+, and the penalty by .+, to .+\.$/.exec(text) ?? assert.fail(text);
      assert.equal(name, stage === 5 ? 'J' : 'I');
      assert.match(change, /[1-9]/, 'it changes nothing');
    }
    if (stage < 9) await button(the, 'Next').click();
  }
  assert.equal(new Set(pictures).size, 9, 'two stages look the same');
  // Another x for ψ; the keys move it too.
  await panel(the).getByRole('button', { name: /^How each point pushes ψ/ }).click();
  const box = await map(the).boundingBox();
  await the.page.mouse.click(box.x + 0.25 * box.width, box.y + 0.55 * box.height);
  await says(the, /Around x = \(−[12]\.\d+, /);
  assert.equal(await lit(the), 6);
  // φ alone, computed in the background: until it is done the last step, which updated both, stays visible.
  await button(the, 'φ alone').click();
  await share.waitFor();
  await panel(the).getByRole('button', { name: /^Move ψ/ }).click();
  await says(the, new RegExp(`^Step ${grouped(first)}\\..* I changes by`));
  await says(the, new RegExp(`^Step ${grouped(first + 1)}\\.`));
  await panel(the).getByRole('button', { name: /^Move ψ/ }).click();
  await says(the, /leaves ψ alone/);
  assert.equal(await the.metric('step'), paused, 'the page’s run took steps');
  // The other recipe shows its own lines.
  await panel(the).getByText('One training step, slowly').click();
  await the.button('Quadrature').click();
  await unfold(the);
  await says(the, /spread evenly over its mass/);
  assert.equal(await panel(the).locator('.step-inspector-lines:visible').count(), 1);
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const [colorScheme, query] of ['light', 'dark'].flatMap((scheme) => [[scheme, '?backend=cpu'], [scheme, PAPER.query]])) {
  const recipe = query === PAPER.query ? 'paper' : 'quadrature';
  test(`a step by touch on a narrow screen, ${recipe}, ${colorScheme}`, async (t) => {
    const the = await open(t, { query, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme });
    await panel(the).getByText('One training step, slowly').tap();
    await says(the, /^Step /);
    await button(the, 'Next').tap();
    await eventually('the second stage is not highlighted', async () => (await lit(the)) === 2);
    await map(the).tap({ position: { x: 100, y: 100 } });
    await says(the, /(At|Around) y = /);
    const boxes = await panel(the).locator('button:visible').evaluateAll((controls) => controls.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return { name: control.textContent, width, height };
    }));
    assert.deepEqual(smallTargets(boxes, 44), []);
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    assert.deepEqual(seriousFindings((await the.page.evaluate(() => globalThis.axe.run())).violations), []);
    await shot(the, `step-inspector-narrow-${recipe}-${colorScheme}`, { fullPage: true });
  });
}
