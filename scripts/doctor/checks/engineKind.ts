import { podmanEngine } from '../../engine/unfitEngine.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

/** Podman, rootless engines and SELinux are named, with what is supported. */
export const engineKind = defineCheck({
  name: 'engine-kind',
  rule: 'the engine is Docker, run by root',
  needs: 'engine',
  detect({ engine, dir, host }) {
    const found: Issue[] = [];
    const has = (option: string) => engine.securityOptions.some((one) => one.includes(`name=${option}`));
    const podman = podmanEngine(engine.kind, host.env);
    if (podman) found.push(error(podman.what, podman.fix));
    if (has('rootless') || has('userns')) {
      const how = has('rootless') ? 'runs without root' : 'maps users';
      const what = `the engine ${how}: uids in containers are others on the host, so secrets would be unreadable`;
      found.push(error(what, "unset DOCKER_HOST, or name root's engine: docker context use default"));
    }
    if (has('selinux')) {
      const what = 'SELinux confines containers: folders of the host that they mount need its label';
      found.push(
        warning(what, `chcon -Rt container_file_t ${dir.secrets} nginx prometheus cron compose/vault`),
      );
    }
    return found;
  },
});
