import { describe, expect, it } from 'vitest';
import { loadPage } from './loadPage.ts';
import { loadReport } from './loadReport.ts';
import { loadText } from './loadText.ts';
import { profileOf } from './profiles.ts';
import { recordedRun } from './test/recordedRun.ts';

const url = 'https://origin.example.com';
const beganAt = new Date('2026-11-23T05:15:00Z');
const reportOf = (name: 'kept' | 'crossed') =>
  loadReport(recordedRun(name), {
    profile: profileOf(name === 'kept' ? 'smoke' : 'steady', {}),
    url,
    beganAt,
  });

describe('the page', () => {
  it('needs nothing beside itself: no script, no other address', () => {
    for (const name of ['kept', 'crossed'] as const) {
      const page = loadPage(reportOf(name));
      expect(page).not.toMatch(/<(script|link|img|iframe|object)|url\(|@import|srcset/i);
      expect([...page.matchAll(/https?:\/\/[^\s"'<]+/g)].map(([found]) => found)).not.toContainEqual(
        expect.not.stringMatching(/^https:\/\/(origin\.example\.com|localhost)/),
      );
    }
  });

  it('says the verdict first, and every threshold with what was measured', () => {
    const [kept, crossed] = [loadPage(reportOf('kept')), loadPage(reportOf('crossed'))];
    expect(kept).toMatch(/<p class="pill good">Passed</);
    expect(kept).not.toContain('✗');
    expect(crossed).toMatch(/<p class="pill bad">Thresholds crossed</);
    for (const { metric } of reportOf('crossed').thresholds) expect(crossed).toContain(`<code>${metric}<`);
    // The crossed ones come first.
    const marks = crossed.slice(crossed.indexOf('<h2>Thresholds')).match(/[✓✗]/g) ?? [];
    expect(marks.slice(0, 6)).toEqual(Array(6).fill('✗'));
  });

  it('draws what was measured each second, with finite numbers only', () => {
    const page = loadPage(reportOf('crossed'));
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is whole where neither processor time nor a timeline was measured', () => {
    const page = loadPage({ ...reportOf('kept'), cpu: null, timeline: [] });
    expect(page).not.toMatch(/<svg |NaN|undefined/);
    expect(page).toContain('processor time was not measured');
  });

  it('runs no text of the bundle as HTML', () => {
    const words = [{ text: '<img src=x onerror=alert(1)>', times: 1 }];
    expect(loadPage({ ...reportOf('kept'), words })).toContain('&lt;img src=x');
  });
});

describe('the text', () => {
  const files = { html: '/x/load.html', json: '/x/load.json' };

  it("tells the generator's processor time from the product's, and where the report lies", () => {
    const report = reportOf('kept');
    const text = loadText(report, files);
    expect(text).toContain('PASSED');
    expect(text).toContain(`the generator ${report.cpu?.generator_cores.toFixed(2)} cores`);
    const ofServices = report.cpu?.services.reduce((sum, { cores }) => sum + cores, 0);
    expect(report.cpu?.product_cores).toBeCloseTo(ofServices ?? 0, 6);
    expect(text).toContain('/x/load.html');
  });

  it('names what was wrong and what was crossed', () => {
    const text = loadText(reportOf('crossed'), files);
    expect(text).toContain('FAILED');
    expect(text).toMatch(/\d+ × ingest: 503 came, 201 was due/);
    expect(text).toMatch(/✗ checks: rate==1, but 0\.\d+/);
  });
});
