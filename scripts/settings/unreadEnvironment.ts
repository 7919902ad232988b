import { SETTINGS, type SettingName } from '@origin-stack/core/config/settings';
import { type Form, WHERE_GIVEN, WHERE_RUN_ALONE } from './whereGiven.ts';

/**
 * A line for each setting in the environment of this command, which no process of an installation reads, with where it is given.
 * What neither form can be given is left out: it belongs to other programs.
 */
export function unreadEnvironment(form: Form, env: NodeJS.ProcessEnv): string[] {
  return (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
    const typed = [name, `${name}_FILE`].find((one) => env[one] !== undefined);
    const given = WHERE_GIVEN[name][form];
    if (typed === undefined || (given !== 'operator' && given.how === WHERE_RUN_ALONE)) return [];
    const how = given === 'operator' ? `./stack config set ${name}=…` : given.how;
    return [`${typed} of this shell is not read: ${how}`];
  });
}
