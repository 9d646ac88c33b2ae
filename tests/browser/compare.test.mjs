// Two runs side by side, with one setting changed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { blockingTasks, colourCount, consoleFaults, seriousFindings, smallTargets } from './comparators.mjs';
import { atRest, eventually, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const panel = (the) => the.page.locator('#compare');
const unfold = (the) => panel(the).getByText('Compare two runs').click();
const what = (the) => panel(the).getByLabel('The second has another');
const start = (the) => panel(the).getByRole('button', { name: 'Compare', exact: true });
const stop = (the) => panel(the).getByRole('button', { name: 'Stop', exact: true });
const state = (the, words) => the.page.waitForFunction((words) => document.getElementById('compare-state').textContent.includes(words), words);
/** Name, step, seconds and KL of both runs. */
const rows = (the) => panel(the).locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent.replace(',', ''))));
/** The number of a text such as 0.0123 or 1.23 × 10⁻⁴. */
const number = (text) => Number(text.replace(' × 10⁻', 'e-').replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)));
const steps = async (the) => (await rows(the)).map(([, step]) => Number(step));
const map = (the, k) => panel(the).getByRole('img', { name: `Flow of the ${k} run` });

test('one thing changed: two maps, two curves, two rows; the page’s run waits and goes on', async (t) => {
  const the = await open(t, { query: '?backend=cpu&t=0' });
  await unfold(the);
  await what(the).selectOption('activation');
  await eventually('a choice of two has a number', () => panel(the).getByLabel('Its value').isHidden());
  const traced = await traceTasks(the.browser);
  await start(the).click();
  await state(the, 'leaky ReLU against SiLU');
  await the.page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train');
  assert.ok(await the.button('Train').isDisabled() && await the.button('Step').isDisabled(), 'the run can be trained while others are compared');
  await eventually('the two runs do not both learn', async () => (await rows(the)).length === 2 && (await rows(the)).every(([, step, , kl]) => Number(step) >= 60 && number(kl) < 0.3));
  assert.deepEqual((await rows(the)).map(([name]) => name), ['leaky ReLU', 'SiLU']);
  for (const k of ['first', 'second']) {
    await eventually(`the map of the ${k} run is empty`, async () => colourCount(await map(the, k).screenshot()) > 20);
  }
  const curve = () => panel(the).locator('.curve.second').getAttribute('d');
  const bySteps = await curve();
  await panel(the).getByRole('button', { name: 'By seconds' }).click();
  assert.notEqual(await curve(), bySteps);
  assert.match(await panel(the).locator('svg').textContent(), /seconds$/);
  const tasks = await traced();
  assert.deepEqual(blockingTasks(tasks), []);
  // The maps show the page's t.
  const before = await map(the, 'first').screenshot();
  await the.slider('Time t').fill('1');
  await eventually('the map stays at t = 0', async () => !(await map(the, 'first').screenshot()).equals(before));
  await shot(the, 'compare', { fullPage: true });
  // No run trains while the page is hidden.
  await the.hide(true);
  const rested = await atRest(() => steps(the));
  await the.hide(false);
  await eventually('it does not go on', async () => (await steps(the))[0] > rested[0]);
  await stop(the).click();
  await the.page.waitForFunction(() => document.getElementById('train')?.textContent === 'Pause training');
  const ended = await steps(the);
  await the.page.waitForTimeout(1500);
  assert.deepEqual(await steps(the), ended);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a number by keyboard; what makes no sense is refused in a sentence', async (t) => {
  const the = await open(t);
  await unfold(the);
  const number = panel(the).getByLabel('Its value');
  await eventually('no value is suggested', async () => (await number.inputValue()) === '1');
  await number.fill('0.2');
  await number.press('Enter');
  await state(the, 'the same run twice');
  await number.fill('7');
  await number.press('Enter');
  await state(the, 'Epsilon is between');
  await what(the).selectOption('draws');
  await start(the).click();
  await state(the, 'paper’s recipe alone');
  // The page's own run continues meanwhile; closing the panel ends the comparison.
  const step = await the.metric('step');
  await the.until('step', '>', step);
  await what(the).selectOption('batch');
  await eventually('no batch is suggested', async () => (await number.inputValue()) === '125');
  await start(the).click();
  await state(the, '500 points a batch against 125 points a batch');
  await the.page.waitForFunction(() => document.getElementById('train')?.textContent === 'Train');
  await unfold(the);
  await the.page.waitForFunction(() => document.getElementById('train')?.textContent === 'Pause training');
});

for (const [name, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'narrow light': { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  'narrow dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
})) {
  test(`two runs fit and are accessible, ${name}`, async (t) => {
    const the = await open(t, options);
    await unfold(the);
    const look = async () => {
      await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
      const { violations, passes } = await the.page.evaluate(() => globalThis.axe.run());
      assert.ok(passes.length > 10, 'axe looked at nothing');
      assert.deepEqual(seriousFindings(violations), []);
      assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
      if (!options.hasTouch) return;
      const boxes = await panel(the).locator(':is(button, summary, input, select):visible').evaluateAll((controls) => controls.map((control) => {
        const { width, height } = control.getBoundingClientRect();
        return { name: control.id || control.textContent.trim(), width, height };
      }));
      assert.ok(boxes.length > 3);
      assert.deepEqual(smallTargets(boxes, 44), []);
    };
    await eventually('no value is suggested', async () => (await panel(the).getByLabel('Its value').inputValue()) !== '');
    await look();
    // Checked while both train, with their maps, curves and numbers.
    await start(the).click();
    await eventually('the two runs do not both learn', async () => (await steps(the)).length === 2 && (await steps(the)).every((step) => step > 0));
    await look();
    await shot(the, `compare-${name.replace(' ', '-')}`, { fullPage: true });
  });
}
