/**
 * Where a cloud keeps its machines' credentials, in one list for all clouds. No setting admits these. Link-local
 * as a whole, since AWS, Google, Azure, Oracle, Tencent and DigitalOcean use several of its addresses.
 */
export const METADATA_NETWORKS = [
  '169.254.0.0/16',
  'fe80::/10',
  '100.100.100.200/32', // Alibaba Cloud
  '168.63.129.16/32', // Azure's WireServer: a public address
  '192.0.0.192/32', // Oracle Cloud, classic
  'fd00:ec2::/32', // AWS: instance metadata, pod identity, DNS
  'fd20:ce::254/128', // Google Cloud
];

/**
 * Local-use NAT64 (RFC 8215): the operator chooses where in the address the IPv4 address stands (RFC 6052), so
 * that nobody else can tell which one it leads to. No setting admits it.
 */
export const OPAQUE_NETWORKS = ['64:ff9b:1::/48'];

/** IPv4 unicast (RFC 1122) without what the IANA special-purpose registry (RFC 6890 and later) keeps from it. */
export const UNICAST_V4 = ['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'];
export const SPECIAL_V4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
];

/** The only global unicast space that IANA has handed out (RFC 4291), without its special parts. */
export const UNICAST_V6 = ['2000::/3'];
export const SPECIAL_V6 = [
  '2001::/23', // protocol assignments, Teredo and benchmarking among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];
