// Earlier steps of a run: shown on the map, and continued from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockingTasks, changedShare, consoleFaults, countOf, grouped } from './comparators.mjs';
import { eventually, longestTask, says, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu&t=0' });
const slider = (the) => the.slider('Moment');
const moments = async (the) => Number(await slider(the).getAttribute('max'));
const mark = (the) => the.page.locator('.past-mark');

for (const backend of ['cpu', 'gpu']) {
  test(`an earlier step is shown at any t, and the run goes on from there: ${backend}`, async (t) => {
    const the = await open(t, { query: `?backend=${backend}&t=0` });
    await the.page.getByText('Back over this run').click();
    await eventually('nothing is kept', async () => (await moments(the)) >= 3);
    // One view has the slider and the map.
    await the.flow.evaluate((map) => map.scrollIntoView());
    assert.ok(await slider(the).evaluate((slider) => slider.getBoundingClientRect().bottom <= innerHeight), 'the slider is out of sight');
    const step = await the.pause();
    const now = await the.flow.screenshot();
    // The oldest entry.
    await slider(the).focus();
    await the.page.keyboard.press('Home');
    await mark(the).waitFor();
    const shown = countOf((await mark(the).innerText()).match(/^step ([\d,]+) of/)[1]);
    assert.ok(shown < step, `step ${shown} of ${step}`);
    let before;
    await eventually('the map still shows the present flow', async () => changedShare(now, before = await the.flow.screenshot()) > 0.005);
    if (backend === 'cpu') await shot(the, 'history');
    await the.slider('Time t').fill('0.6');
    await eventually('the earlier flow does not follow t', async () => changedShare(before, await the.flow.screenshot()) > 0.02);
    assert.equal(await mark(the).isVisible(), true);
    await the.button('Back to now').click();
    assert.equal(await mark(the).isVisible(), false);
    assert.equal(await the.metric('step'), step, 'looking back moved the run');

    await slider(the).focus();
    await the.page.keyboard.press('Home');
    await mark(the).waitFor();
    await the.button('Go on from here').click();
    await says(the, `Training goes on from step ${grouped(shown)}\\.`);
    assert.equal(await mark(the).isVisible(), false);
    // The run continues from the earlier step, not from the present one: a step between the two appears.
    assert.ok(await the.until('step', '<', step) >= shown);
    // Later steps are no longer part of its history.
    await eventually('steps of the other branch are kept', async () => (await moments(the)) >= 1);
    assert.deepEqual(consoleFaults(the.log), []);
  });
}

test('another source starts a new history; keeping it causes no long task', async (t) => {
  const the = await open(t);
  await the.page.getByText('Back over this run').click();
  const traced = await traceTasks(the.browser);
  await eventually('nothing is kept', async () => (await moments(the)) >= 2);
  const tasks = await traced();
  t.diagnostic(longestTask(tasks));
  assert.deepEqual(blockingTasks(tasks), []);
  await the.page.getByRole('button', { name: 'moons', exact: true }).click();
  await eventually('the history of the other source stays', async () => (await moments(the)) <= 1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a narrow screen', async (t) => {
  const the = await open(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await the.page.getByText('Back over this run').tap();
  await eventually('nothing is kept', async () => (await moments(the)) >= 2);
  await slider(the).scrollIntoViewIfNeeded();
  await slider(the).focus();
  await the.page.keyboard.press('Home');
  await mark(the).waitFor();
  assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
  await shot(the, 'history-narrow', { fullPage: true });
});
