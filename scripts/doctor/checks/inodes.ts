import { dataPlaces } from '../dataPlaces.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

export const inodes = defineCheck({
  name: 'inodes',
  rule: 'a tenth of the inodes is free where images and data lie',
  needs: 'host',
  async detect(context) {
    const found: Issue[] = [];
    for (const place of dataPlaces(context)) {
      const { freeInodes, totalInodes } = await context.host.disk(place);
      // Some file systems count none.
      if (totalInodes === 0 || freeInodes / totalInodes >= 0.1) continue;
      const what = `${freeInodes} of ${totalInodes} inodes are free at ${place}`;
      const severity = freeInodes / totalInodes < 0.01 ? error : warning;
      found.push(severity(what, `find what has so many files: du --inodes -x ${place} | sort -n | tail`));
    }
    return found;
  },
});
