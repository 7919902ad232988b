import { serviceOf } from '../../audit/inspected.ts';
import { INPUTS_LABEL } from '../../images/buildImage.ts';
import { hashInputs } from '../../images/hashInputs.ts';
import { imageList } from '../../images/imageList.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

/** A checkout that was updated comes into force by `up`. */
export const imageVersions = defineCheck({
  name: 'image-versions',
  rule: 'what runs was built from this checkout',
  needs: 'running',
  async detect({ containers }) {
    const older: string[] = [];
    const hashes = new Map<string, string>();
    for (const container of containers.filter(({ State }) => State.Running)) {
      const [, name] = /^origin-stack\/([^:]+):/.exec(container.Config.Image) ?? [];
      if (name === undefined || !imageList.some((image) => image.name === name)) continue;
      const hash = hashes.get(name) ?? (await hashInputs(CHECKOUT, name));
      hashes.set(name, hash);
      if (container.Config.Labels?.[INPUTS_LABEL] !== hash) older.push(serviceOf(container));
    }
    if (older.length === 0) return [];
    return [warning(`built from other sources than this checkout: ${older.join(', ')}`, './stack up')];
  },
});
