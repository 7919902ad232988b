import { isOneOff, serviceOf } from '../../audit/inspected.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

const MANY_RESTARTS = 3;

export const containersWell = defineCheck({
  name: 'containers',
  rule: 'every container is healthy, and none was started again and again',
  needs: 'running',
  detect({ containers }) {
    return containers
      .filter((one) => !isOneOff(one))
      .flatMap((container): Issue[] => {
        const { State, RestartCount } = container;
        const service = serviceOf(container);
        const logs = `./stack logs ${service}`;
        const isDone = service === 'migrate' && State.ExitCode === 0;
        if (State.Status === 'restarting')
          return [error(`${service} ends and is started again, ${RestartCount} times`, logs)];
        if (!State.Running && !isDone)
          return [
            error(
              `${service} is ${State.Status} (exit ${State.ExitCode})`,
              `./stack up (why it ended: ${logs})`,
            ),
          ];
        if (State.Health?.Status === 'unhealthy') return [error(`${service} is unhealthy`, logs)];
        if (RestartCount > MANY_RESTARTS)
          return [warning(`${service} was started again ${RestartCount} times`, logs)];
        return [];
      });
  },
});
