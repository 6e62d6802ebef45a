//! Machines: programs that prove themselves to each other with tokens.

use crate::id::{InstanceId, MachineId};
use crate::value::{DeletedObject, Page, Secret, Sort};

resource! {
    /// A program that has a key of its own.
    struct Machine "machine" {
        /// The id of the machine.
        id: MachineId,
        /// The name that people see.
        name: String,
        /// The instance.
        instance_id: InstanceId,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
        /// For how long its tokens are valid, in seconds.
        default_token_ttl: Option<u64>,
        /// The machines that it may talk to.
        scoped_machines: Vec<Machine>,
        /// Its key: only when it was just made.
        #[serde(skip_serializing_if = "Option::is_none")]
        secret_key: Option<Secret>,
    }
}

resource! {
    /// That one machine may talk to another.
    struct MachineScope "machine_scope" {
        /// The one that makes the tokens.
        from_machine_id: MachineId,
        /// The one that accepts them.
        to_machine_id: MachineId,
        /// When it was allowed, in ms since the epoch.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<i64>,
        /// Whether it is no longer so: only when it was just taken away.
        #[serde(skip_serializing_if = "Option::is_none")]
        deleted: Option<bool>,
    }
}

resource! {
    /// The key of a machine.
    struct MachineSecretKey "machine_secret_key" {
        /// The key, `ak_…`.
        secret: Secret,
    }
}

sort_keys! {
    /// What machines can be sorted by.
    enum MachineSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
    }
}

endpoints! {
    /// Lists the machines, newest first.
    GET "/v1/machines" => Page<Machine>,
    as Machines::list(request) = "list",
    struct ListMachines {
        /// Only those whose name or id contains this.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<MachineSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes a machine. Only this answer has its key.
    POST "/v1/machines" => Machine,
    as Machines::create(request) = "create",
    struct CreateMachine {
        /// The name that people see.
        name: String,
        /// The machines that it may talk to.
        scoped_machines: Option<Vec<MachineId>>,
        /// For how long its tokens are valid, in seconds; 3600 when absent.
        default_token_ttl: Option<u64>,
    }

    /// Fetches a machine.
    GET "/v1/machines/{machine_id}" => Machine,
    as Machines::get(machine_id: MachineId) = "get",
    struct GetMachine {
        /// The machine.
        machine_id: MachineId,
    }

    /// Changes a machine.
    PATCH "/v1/machines/{machine_id}" => Machine,
    as Machines::update(request) = "update",
    struct UpdateMachine {
        /// The machine.
        machine_id: MachineId,
        /// The name that people see.
        name: Option<String>,
        /// For how long its tokens are valid, in seconds.
        default_token_ttl: Option<u64>,
    }

    /// Deletes a machine.
    DELETE "/v1/machines/{machine_id}" => DeletedObject,
    as Machines::delete(machine_id: MachineId) = "delete",
    struct DeleteMachine {
        /// The machine.
        machine_id: MachineId,
    }

    /// Fetches the key of a machine.
    GET "/v1/machines/{machine_id}/secret_key" => MachineSecretKey,
    as Machines::get_secret_key(machine_id: MachineId) = "getSecretKey",
    struct GetMachineSecretKey {
        /// The machine.
        machine_id: MachineId,
    }

    /// Gives a machine another key.
    POST "/v1/machines/{machine_id}/secret_key/rotate" => MachineSecretKey,
    as Machines::rotate_secret_key(machine_id: MachineId, previous_token_ttl: u64)
        = "rotateSecretKey",
    struct RotateMachineSecretKey {
        /// The machine.
        machine_id: MachineId,
        /// For how long the tokens that were made with the old key stay valid, in seconds.
        previous_token_ttl: u64,
    }

    /// Lets a machine talk to another.
    POST "/v1/machines/{machine_id}/scopes" => MachineScope,
    as Machines::create_scope(machine_id: MachineId, to_machine_id: MachineId) = "createScope",
    struct CreateMachineScope {
        /// The one that makes the tokens.
        machine_id: MachineId,
        /// The one that accepts them.
        to_machine_id: MachineId,
    }

    /// Lets a machine no longer talk to another.
    DELETE "/v1/machines/{machine_id}/scopes/{other_machine_id}" => MachineScope,
    as Machines::delete_scope(machine_id: MachineId, other_machine_id: MachineId) = "deleteScope",
    struct DeleteMachineScope {
        /// The one that makes the tokens.
        machine_id: MachineId,
        /// The one that accepts them.
        other_machine_id: MachineId,
    }
}
