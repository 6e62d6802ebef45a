//! Tasks in which an agent acts in the place of a user.

use serde::{Deserialize, Serialize};

use crate::id::{AgentTaskId, UserId};

resource! {
    /// A task of an agent.
    struct AgentTask "agent_task" {
        /// The agent.
        agent_id: String,
        /// The task.
        task_id: AgentTaskId,
        /// The same as `task_id`, by its longer name.
        agent_task_id: AgentTaskId,
        /// Where the agent begins: a link that signs it in.
        url: String,
    }
}

/// In whose place an agent acts: one of the two is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalfOf {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// An email address, phone number or username of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}
crate::endpoint::json_parameter!(OnBehalfOf);

endpoints! {
    /// Creates a task for an agent.
    POST "/v1/agents/tasks" => AgentTask,
    as AgentTasks::create(request) = "create",
    struct CreateAgentTask {
        /// In whose place the agent acts.
        on_behalf_of: OnBehalfOf,
        /// What the agent may do; `*` for everything.
        permissions: String,
        /// The name of the agent.
        agent_name: String,
        /// What the agent is to do, for people.
        task_description: String,
        /// Where the agent is sent once it is signed in.
        redirect_url: String,
        /// How long its session lasts at the most, in seconds.
        session_max_duration_in_seconds: Option<u64>,
    }

    /// Ends a task: its link leads nowhere any more.
    POST "/v1/agents/tasks/{agent_task_id}/revoke" => AgentTask,
    as AgentTasks::revoke(agent_task_id: AgentTaskId) = "revoke",
    struct RevokeAgentTask {
        /// The task.
        agent_task_id: AgentTaskId,
    }
}
