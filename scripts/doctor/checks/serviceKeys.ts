import { changeKeys } from '../../bundle/keys/changeKeys.ts';
import { generateKeys } from '../../bundle/keys/generateKeys.ts';
import { isUnfinished, isUnlisted } from '../../bundle/keys/keyState.ts';
import { placeOf } from '../../bundle/keys/serviceKeys.ts';
import { defineCheck, error, warning } from '../doctorCheck.ts';

/** What made or rotated a key was not cut short. That a key is missing is said by `secrets`. */
export const serviceKeys = defineCheck({
  name: 'service-keys',
  rule: 'each service key opens its routes, and no rotation is half done',
  needs: 'settings',
  readsSecrets: true,
  async detect({ dir }) {
    const states = await changeKeys(dir, 'look');
    return states.flatMap((state) => {
      const { service } = state;
      if (isUnlisted(state)) {
        const what = `${placeOf(service)}: API or worker does not know it: what made it was cut short`;
        return [error(what, './stack generate-api-key', () => generateKeys(dir, [service]))];
      }
      if ((!state.current && !state.next) || !isUnfinished(state)) return [];
      const what = `a change of the key of ${service} was cut short`;
      return [warning(what, `./stack rotate-api-key --service ${service} --force`)];
    });
  },
});
