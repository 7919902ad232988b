/** What the engine says of a container: the part of `docker inspect` that the checks read. */
export interface Inspected {
  Id: string;
  Name: string;
  /** The id of the image that it runs. */
  Image: string;
  AppArmorProfile: string;
  ProcessLabel: string;
  State: {
    Status: string;
    Running: boolean;
    ExitCode: number;
    /** RFC 3339. */
    StartedAt: string;
    Health?: { Status: string };
  };
  RestartCount: number;
  Config: {
    User: string;
    Image: string;
    Env: string[] | null;
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    Labels: Record<string, string> | null;
    Healthcheck?: { Test?: string[] | null; StartPeriod?: number } | null;
  };
  HostConfig: {
    Binds: string[] | null;
    CapAdd: string[] | null;
    CapDrop: string[] | null;
    CgroupParent: string;
    Cgroup: string;
    Devices: unknown[] | null;
    DeviceRequests: unknown[] | null;
    DeviceCgroupRules: string[] | null;
    GroupAdd: string[] | null;
    Init: boolean | null;
    IpcMode: string;
    LogConfig: { Type: string; Config: Record<string, string> | null };
    MaskedPaths: string[] | null;
    Memory: number;
    NanoCpus: number;
    CpuQuota: number;
    NetworkMode: string;
    PidMode: string;
    PidsLimit: number | null;
    PortBindings: Record<string, PortBinding[] | null> | null;
    Privileged: boolean;
    PublishAllPorts: boolean;
    ReadonlyRootfs: boolean;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
    SecurityOpt: string[] | null;
    Tmpfs: Record<string, string> | null;
    Ulimits: { Name: string; Hard: number; Soft: number }[] | null;
    UTSMode: string;
    UsernsMode: string;
  };
  Mounts: InspectedMount[];
  NetworkSettings: { Networks: Record<string, InspectedEndpoint> | null };
}

/** A container on one network. */
export interface InspectedEndpoint {
  Gateway?: string;
  /** Names that the others find it by. */
  Aliases?: string[] | null;
  /** What was asked for; the address that it has is another matter. */
  IPAMConfig?: { IPv4Address?: string } | null;
}

export interface PortBinding {
  HostIp: string;
  HostPort: string;
}

export interface InspectedMount {
  Type: string;
  Source: string;
  Destination: string;
  RW: boolean;
  Propagation: string;
}

/** The service of the Compose file that a container belongs to. */
export const serviceOf = ({ Config, Name }: Inspected): string =>
  Config.Labels?.['com.docker.compose.service'] ?? Name.replace(/^\//, '');

/** True for a container of one command (`docker compose run`). */
export const isOneOff = ({ Config }: Inspected): boolean =>
  Config.Labels?.['com.docker.compose.oneoff'] === 'True';
