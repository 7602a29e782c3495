//! What goes over the wire, as the public API names it.

use serde::{Deserialize, Serialize};

use crate::run::Account;

/// One of the five script families under `/deviceManagement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptFamily {
    /// `deviceHealthScripts`: remediations.
    Health,
    /// `deviceComplianceScripts`: discovery scripts that print one line of JSON.
    Compliance,
    /// `deviceManagementScripts`: platform scripts.
    Platform,
    /// `deviceShellScripts`.
    Shell,
    /// `deviceCustomAttributeShellScripts`: the output is an attribute's value.
    CustomAttribute,
}

impl ScriptFamily {
    /// The family of a `scriptType`, which is the unqualified name of the script's entity type.
    pub(crate) fn of_type(script_type: &str) -> Option<Self> {
        Some(match script_type {
            "deviceHealthScript" => Self::Health,
            "deviceComplianceScript" => Self::Compliance,
            "deviceManagementScript" => Self::Platform,
            "deviceShellScript" => Self::Shell,
            "deviceCustomAttributeShellScript" => Self::CustomAttribute,
            _ => return None,
        })
    }

    /// The navigation property of `deviceManagement` that holds the family.
    #[must_use]
    pub fn collection(self) -> &'static str {
        match self {
            Self::Health => "deviceHealthScripts",
            Self::Compliance => "deviceComplianceScripts",
            Self::Platform => "deviceManagementScripts",
            Self::Shell => "deviceShellScripts",
            Self::CustomAttribute => "deviceCustomAttributeShellScripts",
        }
    }
}

/// The body of `managedDevices/runstate.enrol`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enrolment<'a> {
    pub(crate) device_name: &'a str,
    pub(crate) operating_system: &'a str,
    pub(crate) os_version: &'a str,
    pub(crate) serial_number: &'a str,
    pub(crate) udid: &'a str,
    pub(crate) group_ids: &'a [String],
    pub(crate) user_id: Option<&'a str>,
    pub(crate) user_principal_name: Option<&'a str>,
}

/// What the agent needs of a `managedDevice`.
#[derive(Debug, Deserialize)]
pub(crate) struct ManagedDevice {
    pub(crate) id: String,
}

/// A page of `runstate.dueScripts()`.
#[derive(Debug, Deserialize)]
pub(crate) struct DuePage {
    pub(crate) value: Vec<DueScript>,
    #[serde(rename = "@odata.nextLink")]
    pub(crate) next_link: Option<String>,
}

/// A script that is due, with its content.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DueScript {
    pub(crate) script_id: String,
    pub(crate) script_type: String,
    pub(crate) state_id: String,
    pub(crate) display_name: Option<String>,
    /// base64; of remediations and compliance scripts.
    pub(crate) detection_script_content: Option<String>,
    /// base64; null also where the assignment only detects.
    pub(crate) remediation_script_content: Option<String>,
    /// base64; of the other families.
    pub(crate) script_content: Option<String>,
    pub(crate) run_as_account: Option<Account>,
    pub(crate) run_as32_bit: Option<bool>,
    pub(crate) timeout_in_minutes: Option<i64>,
    pub(crate) expected_state_update_date_time: Option<String>,
}

impl DueScript {
    /// The name to show a person: the script's, or its id if it has none.
    pub(crate) fn name(&self) -> &str {
        match &self.display_name {
            Some(name) if !name.trim().is_empty() => name,
            _ => &self.script_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_script_is_read_with_what_it_lacks() {
        let page: DuePage = serde_json::from_str(
            r#"{"@odata.context":"x","value":[
                {"scriptId":"s","scriptType":"deviceShellScript","stateId":"s:d","runAsAccount":"user",
                 "runAs32Bit":true,"scriptContent":"ZXhpdA==","timeoutInMinutes":5,"later":1},
                {"scriptId":"t","scriptType":"unheardOf","stateId":"t:d","runAsAccount":"unknownFutureValue","displayName":" "}]}"#,
        )
        .unwrap();
        assert!(page.next_link.is_none());
        let [shell, other] = page.value.as_slice() else {
            panic!("two scripts")
        };
        assert_eq!(shell.run_as_account, Some(Account::User));
        assert_eq!(shell.run_as32_bit, Some(true));
        assert_eq!(shell.timeout_in_minutes, Some(5));
        assert_eq!(other.run_as_account, Some(Account::Unknown));
        assert_eq!(other.name(), "t");
        assert_eq!(ScriptFamily::of_type(&other.script_type), None);
        assert_eq!(
            ScriptFamily::of_type(&shell.script_type),
            Some(ScriptFamily::Shell)
        );
    }
}
