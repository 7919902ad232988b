import { expect, it } from 'vitest';
import { bundleImages, everyBundleImage } from './lookAtImages.ts';

it('a first start builds no load generator, and an archive for a host without a network has it', () => {
  expect(bundleImages()).not.toContain('k6');
  expect(everyBundleImage()).toEqual(expect.arrayContaining([...bundleImages(), 'k6']));
  for (const images of [bundleImages(), everyBundleImage()]) {
    expect(images).not.toEqual(expect.arrayContaining(['base']));
    expect(images).not.toEqual(expect.arrayContaining(['promtool']));
  }
});
