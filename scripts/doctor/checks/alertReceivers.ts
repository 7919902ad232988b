import { RECEIVER_OVERLAYS } from '../../alerts/alertmanagerConfig.ts';
import { defineCheck, warning } from '../doctorCheck.ts';

export const alertReceivers = defineCheck({
  name: 'alert-receivers',
  rule: 'somebody gets the alerts',
  needs: 'settings',
  detect({ settings }) {
    const overlays = settings.ORIGIN_OVERLAYS.split(',');
    if (RECEIVER_OVERLAYS.some((name) => overlays.includes(name))) return [];
    const what = "nobody gets the alerts: they are in the API's log only";
    return [
      warning(what, './stack up --overlay alert-webhook --secret alert-webhook-url=FILE (or alert-mail)'),
    ];
  },
});
