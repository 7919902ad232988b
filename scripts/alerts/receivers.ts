import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';

/** Who signed the receivers' certificates, where these are none of the public authorities. */
export const ALERT_CA_FILE = 'alert-ca.crt';

const SERVER = /^[^\s:]+:\d{1,5}$/;
const ADDRESS = /^[^\s@,]+@[^\s@,]+$/;

const secretFile = (name: string) => `/run/secrets/${name}`;

const SUBJECT =
  '{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}: {{ .GroupLabels.alertname }}';
const TEXT = [
  '{{ range .Alerts }}{{ .Status | toUpper }} ({{ .Labels.severity }}): {{ .Annotations.summary }}',
  '{{ .Annotations.description }}',
  'Since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}. What to do: {{ .Annotations.runbook_url }}',
  '',
  '{{ end }}',
].join('\n');

/** Which of the secrets that may be brought are there. */
export interface AlertSecrets {
  hasOwnCa: boolean;
  hasMailPassword: boolean;
}

/** What tells people, by the overlays that are in force; nothing where none is. Throws for settings that cannot be used. */
export function peopleOf(settings: BundleSettings, secrets: AlertSecrets) {
  const overlays = settings.ORIGIN_OVERLAYS.split(',');
  const http = httpOf(secrets);
  return {
    ...(overlays.includes('alert-webhook') ? { webhook_configs: [webhook('alert-webhook-url', http)] } : {}),
    ...(overlays.includes('alert-mail') ? { email_configs: [mail(settings, secrets)] } : {}),
    ...(overlays.includes('alert-slack') ? { slack_configs: [slack(settings, http)] } : {}),
  };
}

/** The API's own receiver, at both replicas: one of them may be what the alert is about. */
export const toLog = () => ({ webhook_configs: ['api-a', 'api-b'].map(logOf) });

/** Who waits for Watchdog. */
export const signOfLife = (secrets: AlertSecrets) => ({
  webhook_configs: [{ ...webhook('alert-watchdog-url', httpOf(secrets)), send_resolved: false }],
});

const ownCa = { ca_file: secretFile(ALERT_CA_FILE) };

const httpOf = ({ hasOwnCa }: AlertSecrets) => (hasOwnCa ? { http_config: { tls_config: ownCa } } : {});

const webhook = (file: string, http: object) => ({
  url_file: secretFile(file),
  send_resolved: true,
  ...http,
});

const logOf = (replica: string) => ({
  url: `https://${replica}:9443/internal/alerts`,
  send_resolved: true,
  http_config: {
    authorization: { credentials_file: secretFile('service-key') },
    tls_config: {
      ca_file: secretFile('ca.crt'),
      cert_file: secretFile('tls.crt'),
      key_file: secretFile('tls.key'),
    },
  },
});

function mail(settings: BundleSettings, { hasOwnCa, hasMailPassword }: AlertSecrets) {
  const {
    ORIGIN_ALERT_MAIL_TO: to = '',
    ORIGIN_ALERT_MAIL_FROM: from = '',
    ORIGIN_ALERT_MAIL_SERVER: server = '',
    ORIGIN_ALERT_MAIL_USER: user = '',
  } = settings;
  mustBe('HOST:PORT', 'ORIGIN_ALERT_MAIL_SERVER', SERVER.test(server));
  mustBe('one address', 'ORIGIN_ALERT_MAIL_FROM', ADDRESS.test(from));
  const isTo = to.split(',').every((one) => ADDRESS.test(one.trim()));
  mustBe('an address, or several with commas', 'ORIGIN_ALERT_MAIL_TO', isTo);
  if (user !== '' && !hasMailPassword) {
    throw new PreconditionError({
      what: `${user} has no password at ${server}`,
      why: 'ORIGIN_ALERT_MAIL_USER is set, and alert-mail-password was never brought',
      next: 'type it again with --secret alert-mail-password=FILE',
    });
  }
  return {
    to,
    from,
    smarthost: server,
    send_resolved: true,
    // Never in clear: STARTTLS, or TLS from the start on port 465.
    require_tls: !server.endsWith(':465'),
    headers: { Subject: `${SUBJECT} (${settings.ORIGIN_PUBLIC_NAME})` },
    html: '',
    text: `${settings.ORIGIN_PUBLIC_URL}\n\n${TEXT}`,
    ...(user === ''
      ? {}
      : {
          auth_username: user,
          auth_password_file: secretFile('alert-mail-password'),
        }),
    ...(hasOwnCa ? { tls_config: ownCa } : {}),
  };
}

const slack = (settings: BundleSettings, http: object) => ({
  api_url_file: secretFile('alert-slack-url'),
  send_resolved: true,
  title: `${SUBJECT} (${settings.ORIGIN_PUBLIC_NAME})`,
  title_link: '',
  text: TEXT,
  ...http,
});

function mustBe(expected: string, name: string, isRight: boolean): void {
  if (isRight) return;
  throw new UsageError({
    what: `Alertmanager cannot use the setting ${name}`,
    why: `it must be ${expected}`,
    next: `type it again with --set ${name}=…`,
  });
}
