# OpenBao, which speaks Vault's API. It initialises itself at its first start with nobody present, and no root token
# ever leaves it: what may be done afterwards is what the policies below say.
ui = false
cluster_addr = "https://vault:8201"
api_addr = "https://vault:8200"
disable_mlock = true

storage "raft" {
  path = "/vault/data"
  node_id = "vault"
}

listener "tcp" {
  address = "0.0.0.0:8200"
  cluster_address = "127.0.0.1:8201"
  tls_cert_file = "/run/secrets/tls.crt"
  tls_key_file = "/run/secrets/tls.key"
  tls_client_ca_file = "/run/secrets/ca.crt"
  tls_require_and_verify_client_cert = true
  tls_min_version = "tls13"
  # Prometheus' certificate is enough for these; it has no role and can do nothing else.
  telemetry {
    unauthenticated_metrics_access = true
  }
}

telemetry {
  prometheus_retention_time = "1h"
  disable_hostname = true
}

seal "static" {
  current_key_id = "1"
  current_key = "file:///run/secrets/seal-key"
}

audit "file" "stdout" {
  options {
    file_path = "stdout"
  }
}

initialize "keys" {
  request "enable-transit" {
    operation = "update"
    path = "sys/mounts/transit"
    data = { type = "transit" }
  }
  # Signs certificates: RSA-3072 by default, PS256 is asked for with each signature.
  request "make-signing-key" {
    operation = "update"
    path = "transit/keys/origin-signing"
    data = { type = "rsa-3072" }
  }
  # Wraps the data keys of tenants' subjects.
  request "make-wrapping-key" {
    operation = "update"
    path = "transit/keys/origin-wrapping"
    data = { type = "aes256-gcm96" }
  }
  # Gives the pepper of API keys, once at each start.
  request "make-pepper-key" {
    operation = "update"
    path = "transit/keys/origin-pepper"
    data = { type = "hmac", key_size = 32 }
  }
}

initialize "policies" {
  request "policy-api" {
    operation = "update"
    path = "sys/policies/acl/origin-api"
    data = {
      policy = <<EOT
path "transit/sign/origin-signing" { capabilities = ["update"] }
path "transit/keys/origin-signing" { capabilities = ["read"] }
path "transit/encrypt/origin-wrapping" { capabilities = ["update"] }
path "transit/decrypt/origin-wrapping" { capabilities = ["update"] }
path "transit/hmac/origin-pepper" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
EOT
    }
  }
  request "policy-worker" {
    operation = "update"
    path = "sys/policies/acl/origin-worker"
    data = {
      policy = <<EOT
path "transit/sign/origin-signing" { capabilities = ["update"] }
path "transit/keys/origin-signing" { capabilities = ["read"] }
path "transit/encrypt/origin-wrapping" { capabilities = ["update"] }
path "transit/decrypt/origin-wrapping" { capabilities = ["update"] }
path "transit/hmac/origin-pepper" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
EOT
    }
  }
  # Operators' commands make keys and tenants: they need the pepper, and sign and open nothing.
  request "policy-tools" {
    operation = "update"
    path = "sys/policies/acl/origin-tools"
    data = {
      policy = <<EOT
path "transit/hmac/origin-pepper" { capabilities = ["update"] }
path "transit/keys/origin-signing" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
EOT
    }
  }
  # Rotation, sealing, snapshots and this product's own policies; no key is used and none leaves. It can change the policies of
  # the others and give itself secret ids of theirs: whoever has it has all of them, so it lies where the internal authority lies.
  request "policy-operator" {
    operation = "update"
    path = "sys/policies/acl/origin-operator"
    data = {
      policy = <<EOT
path "transit/keys/+/rotate" { capabilities = ["update"] }
path "transit/keys/+" { capabilities = ["read"] }
path "auth/approle/role/+/custom-secret-id" { capabilities = ["update"] }
path "auth/approle/role/+/secret-id/destroy" { capabilities = ["update"] }
path "auth/approle/role/+/secret-id/lookup" { capabilities = ["update"] }
path "sys/policies/acl/origin-*" { capabilities = ["read", "update"] }
path "sys/seal" { capabilities = ["update", "sudo"] }
path "sys/storage/raft/snapshot" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
EOT
    }
  }
}

initialize "approles" {
  request "enable-approle" {
    operation = "update"
    path = "sys/auth/approle"
    data = { type = "approle" }
  }

  request "role-api" {
    operation = "update"
    path = "auth/approle/role/origin-api"
    data = {
      token_policies = ["origin-api"]
      token_no_default_policy = true
      token_ttl = "1h"
      token_max_ttl = "24h"
      bind_secret_id = true
    }
  }
  request "role-id-api" {
    operation = "update"
    path = "auth/approle/role/origin-api/role-id"
    data = { role_id = "origin-api" }
  }
  request "secret-id-api" {
    operation = "update"
    path = "auth/approle/role/origin-api/custom-secret-id"
    data = {
      secret_id = {
        eval_type = "string"
        eval_source = "file"
        path = "/run/secrets/api-secret-id"
      }
    }
  }

  request "role-worker" {
    operation = "update"
    path = "auth/approle/role/origin-worker"
    data = {
      token_policies = ["origin-worker"]
      token_no_default_policy = true
      token_ttl = "1h"
      token_max_ttl = "24h"
      bind_secret_id = true
    }
  }
  request "role-id-worker" {
    operation = "update"
    path = "auth/approle/role/origin-worker/role-id"
    data = { role_id = "origin-worker" }
  }
  request "secret-id-worker" {
    operation = "update"
    path = "auth/approle/role/origin-worker/custom-secret-id"
    data = {
      secret_id = {
        eval_type = "string"
        eval_source = "file"
        path = "/run/secrets/worker-secret-id"
      }
    }
  }

  request "role-tools" {
    operation = "update"
    path = "auth/approle/role/origin-tools"
    data = {
      token_policies = ["origin-tools"]
      token_no_default_policy = true
      token_ttl = "1h"
      token_max_ttl = "24h"
      bind_secret_id = true
    }
  }
  request "role-id-tools" {
    operation = "update"
    path = "auth/approle/role/origin-tools/role-id"
    data = { role_id = "origin-tools" }
  }
  request "secret-id-tools" {
    operation = "update"
    path = "auth/approle/role/origin-tools/custom-secret-id"
    data = {
      secret_id = {
        eval_type = "string"
        eval_source = "file"
        path = "/run/secrets/tools-secret-id"
      }
    }
  }

  request "role-operator" {
    operation = "update"
    path = "auth/approle/role/origin-operator"
    data = {
      token_policies = ["origin-operator"]
      token_no_default_policy = true
      token_ttl = "1h"
      token_max_ttl = "24h"
      bind_secret_id = true
    }
  }
  request "role-id-operator" {
    operation = "update"
    path = "auth/approle/role/origin-operator/role-id"
    data = { role_id = "origin-operator" }
  }
  request "secret-id-operator" {
    operation = "update"
    path = "auth/approle/role/origin-operator/custom-secret-id"
    data = {
      secret_id = {
        eval_type = "string"
        eval_source = "file"
        path = "/run/secrets/operator-secret-id"
      }
    }
  }
}
