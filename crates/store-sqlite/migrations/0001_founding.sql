CREATE TABLE "device_management" (
  "id" TEXT NOT NULL DEFAULT '',
  "account_move_completion_date_time" INTEGER NOT NULL DEFAULT 0,
  "account_move_completion_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "device_compliance_report_summarization_date_time" INTEGER NOT NULL DEFAULT 0,
  "device_compliance_report_summarization_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "intune_account_id" TEXT NOT NULL,
  "last_report_aggregation_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_report_aggregation_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "legacy_pc_manangement_enabled" INTEGER NOT NULL DEFAULT 0,
  "maximum_dep_tokens" INTEGER NOT NULL DEFAULT 0,
  "subscriptions" INTEGER NOT NULL DEFAULT 0,
  "subscription_state" INTEGER NOT NULL DEFAULT 0,
  "unlicensed_adminstrators_enabled" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "managed_device" (
  "id" TEXT NOT NULL DEFAULT '',
  "aad_registered" INTEGER,
  "activation_lock_bypass_code" TEXT,
  "android_security_patch_level" TEXT,
  "autopilot_enrolled" INTEGER NOT NULL DEFAULT 0,
  "azure_active_directory_device_id" TEXT,
  "azure_ad_device_id" TEXT,
  "azure_ad_registered" INTEGER,
  "bootstrap_token_escrowed" INTEGER NOT NULL DEFAULT 0,
  "chassis_type" INTEGER NOT NULL DEFAULT 0,
  "chrome_os_device_info" TEXT DEFAULT '[]',
  "cloud_pc_remote_action_results" TEXT DEFAULT '[]',
  "compliance_grace_period_expiration_date_time" INTEGER NOT NULL DEFAULT 0,
  "compliance_grace_period_expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "compliance_state" INTEGER NOT NULL DEFAULT 0,
  "configuration_manager_client_enabled_features" TEXT,
  "configuration_manager_client_health_state" TEXT,
  "configuration_manager_client_information" TEXT,
  "device_action_results" TEXT DEFAULT '[]',
  "device_category_display_name" TEXT,
  "device_enrollment_type" INTEGER NOT NULL DEFAULT 0,
  "device_firmware_configuration_interface_managed" INTEGER NOT NULL DEFAULT 0,
  "device_health_attestation_state" TEXT,
  "device_name" TEXT,
  "device_registration_state" INTEGER NOT NULL DEFAULT 0,
  "device_type" INTEGER NOT NULL DEFAULT 0,
  "eas_activated" INTEGER NOT NULL DEFAULT 0,
  "eas_activation_date_time" INTEGER NOT NULL DEFAULT 0,
  "eas_activation_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "eas_device_id" TEXT,
  "email_address" TEXT,
  "enrolled_by_user_principal_name" TEXT,
  "enrolled_date_time" INTEGER NOT NULL DEFAULT 0,
  "enrolled_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "enrollment_profile_name" TEXT,
  "ethernet_mac_address" TEXT,
  "exchange_access_state" INTEGER NOT NULL DEFAULT 0,
  "exchange_access_state_reason" INTEGER NOT NULL DEFAULT 0,
  "exchange_last_successful_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "exchange_last_successful_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "free_storage_space_in_bytes" INTEGER NOT NULL DEFAULT 0,
  "hardware_information" TEXT,
  "iccid" TEXT,
  "imei" TEXT,
  "is_encrypted" INTEGER NOT NULL DEFAULT 0,
  "is_supervised" INTEGER NOT NULL DEFAULT 0,
  "jail_broken" TEXT,
  "join_type" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "lost_mode_state" INTEGER NOT NULL DEFAULT 0,
  "managed_device_name" TEXT,
  "managed_device_owner_type" INTEGER NOT NULL DEFAULT 0,
  "management_agent" INTEGER NOT NULL DEFAULT 1,
  "management_certificate_expiration_date" INTEGER NOT NULL DEFAULT 0,
  "management_certificate_expiration_date_form" INTEGER NOT NULL DEFAULT 0,
  "management_features" INTEGER NOT NULL DEFAULT 0,
  "management_state" INTEGER NOT NULL DEFAULT 0,
  "manufacturer" TEXT,
  "meid" TEXT,
  "model" TEXT,
  "notes" TEXT,
  "operating_system" TEXT,
  "os_version" TEXT,
  "owner_type" INTEGER NOT NULL DEFAULT 0,
  "partner_reported_threat_state" INTEGER NOT NULL DEFAULT 0,
  "phone_number" TEXT,
  "physical_memory_in_bytes" INTEGER NOT NULL DEFAULT 0,
  "prefer_mdm_over_group_policy_applied_date_time" INTEGER NOT NULL DEFAULT 0,
  "prefer_mdm_over_group_policy_applied_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "processor_architecture" INTEGER NOT NULL DEFAULT 0,
  "remote_assistance_session_error_details" TEXT,
  "remote_assistance_session_url" TEXT,
  "require_user_enrollment_approval" INTEGER,
  "retire_after_date_time" INTEGER NOT NULL DEFAULT 0,
  "retire_after_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "security_patch_level" TEXT,
  "serial_number" TEXT,
  "sku_family" TEXT,
  "sku_number" INTEGER NOT NULL DEFAULT 0,
  "specification_version" TEXT,
  "subscriber_carrier" TEXT,
  "total_storage_space_in_bytes" INTEGER NOT NULL DEFAULT 0,
  "udid" TEXT,
  "user_display_name" TEXT,
  "user_id" TEXT,
  "user_principal_name" TEXT,
  "users_logged_on" TEXT DEFAULT '[]',
  "wi_fi_mac_address" TEXT,
  "windows_active_malware_count" INTEGER NOT NULL DEFAULT 0,
  "windows_remediated_malware_count" INTEGER NOT NULL DEFAULT 0,
  "entity_type" TEXT NOT NULL DEFAULT '',
  "group_ids" TEXT NOT NULL DEFAULT '[]',
  "sync_requested" INTEGER NOT NULL DEFAULT 0,
  "device_category_id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("id")
) STRICT;
CREATE INDEX "managed_device_index_1" ON "managed_device" ("udid") WHERE udid IS NOT NULL;
CREATE INDEX "managed_device_index_2" ON "managed_device" ("device_category_id") WHERE device_category_id <> '';

CREATE TABLE "managed_device_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_category" (
  "id" TEXT NOT NULL DEFAULT '',
  "description" TEXT,
  "display_name" TEXT,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "assignment_filter" (
  "id" TEXT NOT NULL DEFAULT '',
  "assignment_filter_management_type" INTEGER NOT NULL DEFAULT 0,
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "display_name" TEXT,
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "platform" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tags" TEXT DEFAULT '[]',
  "rule" TEXT,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "operation_approval_request" (
  "id" TEXT NOT NULL DEFAULT '',
  "approval_justification" TEXT,
  "approver" TEXT,
  "expiration_date_time" INTEGER NOT NULL DEFAULT 0,
  "expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "request_date_time" INTEGER NOT NULL DEFAULT 0,
  "request_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "request_justification" TEXT,
  "requestor" TEXT,
  "required_operation_approval_policy_types" TEXT NOT NULL DEFAULT '[]',
  "status" INTEGER NOT NULL DEFAULT 0,
  "requestor_id" TEXT NOT NULL DEFAULT '',
  "method" TEXT NOT NULL DEFAULT '',
  "path" TEXT NOT NULL DEFAULT '',
  "body" BLOB,
  "digest" TEXT NOT NULL DEFAULT '',
  "script_id" TEXT NOT NULL DEFAULT '',
  "role_scope_tags" TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY ("id")
) STRICT;
CREATE INDEX "operation_approval_request_index_1" ON "operation_approval_request" ("digest");

CREATE TABLE "device_health_script" (
  "id" TEXT NOT NULL DEFAULT '',
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "detection_script_content" BLOB,
  "detection_script_parameters" TEXT DEFAULT '[]',
  "device_health_script_type" INTEGER NOT NULL DEFAULT 0,
  "display_name" TEXT,
  "enforce_signature_check" INTEGER NOT NULL DEFAULT 0,
  "highest_available_version" TEXT,
  "is_global_script" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "publisher" TEXT DEFAULT '',
  "remediation_script_content" BLOB,
  "remediation_script_parameters" TEXT DEFAULT '[]',
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "run_as32_bit" INTEGER NOT NULL DEFAULT 0,
  "run_as_account" INTEGER NOT NULL DEFAULT 0,
  "content_version" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_health_script_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_compliance_script" (
  "id" TEXT NOT NULL DEFAULT '',
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "detection_script_content" BLOB,
  "display_name" TEXT,
  "enforce_signature_check" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "platform" INTEGER,
  "publisher" TEXT,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "run_as32_bit" INTEGER NOT NULL DEFAULT 0,
  "run_as_account" INTEGER NOT NULL DEFAULT 0,
  "content_version" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_compliance_script_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_management_script" (
  "id" TEXT NOT NULL DEFAULT '',
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "display_name" TEXT,
  "enforce_signature_check" INTEGER NOT NULL DEFAULT 0,
  "file_name" TEXT DEFAULT '',
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "run_as32_bit" INTEGER NOT NULL DEFAULT 0,
  "run_as_account" INTEGER NOT NULL DEFAULT 0,
  "script_content" BLOB,
  "content_version" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_management_script_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_shell_script" (
  "id" TEXT NOT NULL DEFAULT '',
  "block_execution_notifications" INTEGER NOT NULL DEFAULT 0,
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "display_name" TEXT,
  "execution_frequency" INTEGER NOT NULL DEFAULT 0,
  "file_name" TEXT DEFAULT '',
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "retry_count" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "run_as_account" INTEGER NOT NULL DEFAULT 0,
  "script_content" BLOB,
  "content_version" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_shell_script_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_custom_attribute_shell_script" (
  "id" TEXT NOT NULL DEFAULT '',
  "created_date_time" INTEGER NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "custom_attribute_name" TEXT,
  "custom_attribute_type" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT,
  "display_name" TEXT,
  "file_name" TEXT DEFAULT '',
  "last_modified_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT DEFAULT '[]',
  "run_as_account" INTEGER NOT NULL DEFAULT 0,
  "script_content" BLOB,
  "content_version" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_custom_attribute_shell_script_change" (
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_health_script_device_state" (
  "detection_state" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" INTEGER,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "pre_remediation_detection_script_output" TEXT,
  "pre_remediation_detection_script_error" TEXT,
  "remediation_script_error" TEXT,
  "post_remediation_detection_script_output" TEXT,
  "post_remediation_detection_script_error" TEXT,
  "remediation_state" INTEGER NOT NULL DEFAULT 0,
  "assignment_filter_ids" TEXT DEFAULT '[]',
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "counted_day" INTEGER,
  "outcome_day" INTEGER,
  "outcome" INTEGER NOT NULL DEFAULT 0,
  "requested" INTEGER NOT NULL DEFAULT 0,
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  PRIMARY KEY ("script_id", "state_key")
) STRICT;
CREATE INDEX "device_health_script_device_state_index_1" ON "device_health_script_device_state" ("device_id") WHERE device_id <> '';

CREATE TABLE "device_health_script_device_state_history" (
  "detection_state" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" INTEGER,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "pre_remediation_detection_script_output" TEXT,
  "pre_remediation_detection_script_error" TEXT,
  "remediation_script_error" TEXT,
  "post_remediation_detection_script_output" TEXT,
  "post_remediation_detection_script_error" TEXT,
  "remediation_state" INTEGER NOT NULL DEFAULT 0,
  "assignment_filter_ids" TEXT DEFAULT '[]',
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "counted_day" INTEGER,
  "outcome_day" INTEGER,
  "outcome" INTEGER NOT NULL DEFAULT 0,
  "requested" INTEGER NOT NULL DEFAULT 0,
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  "history_id" INTEGER PRIMARY KEY,
  "recorded_at" INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE "device_health_script_device_state_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER,
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_compliance_script_device_state" (
  "detection_state" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" INTEGER,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "script_output" TEXT,
  "script_error" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  PRIMARY KEY ("script_id", "state_key")
) STRICT;

CREATE TABLE "device_compliance_script_device_state_history" (
  "detection_state" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" INTEGER,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "script_output" TEXT,
  "script_error" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  "history_id" INTEGER PRIMARY KEY,
  "recorded_at" INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE "device_compliance_script_device_state_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER,
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_management_script_device_state" (
  "run_state" INTEGER NOT NULL DEFAULT 0,
  "result_message" TEXT,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "error_code" INTEGER NOT NULL DEFAULT 0,
  "error_description" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "user_id" TEXT NOT NULL DEFAULT '',
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  PRIMARY KEY ("script_id", "state_key")
) STRICT;
CREATE INDEX "device_management_script_device_state_index_1" ON "device_management_script_device_state" ("script_id", "user_id", "state_key") WHERE user_id <> '';

CREATE TABLE "device_management_script_device_state_history" (
  "run_state" INTEGER NOT NULL DEFAULT 0,
  "result_message" TEXT,
  "last_state_update_date_time" INTEGER NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "error_code" INTEGER NOT NULL DEFAULT 0,
  "error_description" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "device_id" TEXT NOT NULL DEFAULT '',
  "user_id" TEXT NOT NULL DEFAULT '',
  "handed_version" INTEGER NOT NULL DEFAULT 0,
  "handed_count" INTEGER NOT NULL DEFAULT 0,
  "last_history_id" INTEGER,
  "history_id" INTEGER PRIMARY KEY,
  "recorded_at" INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE "device_management_script_device_state_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "state_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER,
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_management_script_user_state" (
  "error_device_count" INTEGER NOT NULL DEFAULT 0,
  "success_device_count" INTEGER NOT NULL DEFAULT 0,
  "user_principal_name" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  "user_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER NOT NULL DEFAULT 0,
  "error_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "success_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("script_id", "user_key")
) STRICT;

CREATE TABLE "device_management_script_user_state_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "user_key" TEXT NOT NULL DEFAULT '',
  "id_form" INTEGER,
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_health_script_run_summary" (
  "id" TEXT NOT NULL DEFAULT '',
  "detection_script_error_device_count" INTEGER NOT NULL DEFAULT 0,
  "detection_script_not_applicable_device_count" INTEGER NOT NULL DEFAULT 0,
  "detection_script_pending_device_count" INTEGER NOT NULL DEFAULT 0,
  "issue_detected_device_count" INTEGER NOT NULL DEFAULT 0,
  "issue_remediated_device_count" INTEGER NOT NULL DEFAULT 0,
  "issue_reoccurred_device_count" INTEGER NOT NULL DEFAULT 0,
  "last_script_run_date_time" INTEGER,
  "last_script_run_date_time_form" INTEGER,
  "no_issue_detected_device_count" INTEGER NOT NULL DEFAULT 0,
  "remediation_script_error_device_count" INTEGER NOT NULL DEFAULT 0,
  "remediation_skipped_device_count" INTEGER NOT NULL DEFAULT 0,
  "detection_script_error_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "detection_script_not_applicable_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "detection_script_pending_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "issue_detected_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "issue_remediated_cumulative_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "issue_remediated_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "issue_reoccurred_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "no_issue_detected_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "remediation_script_error_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "remediation_skipped_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_compliance_script_run_summary" (
  "id" TEXT NOT NULL DEFAULT '',
  "detection_script_error_device_count" INTEGER NOT NULL DEFAULT 0,
  "detection_script_pending_device_count" INTEGER NOT NULL DEFAULT 0,
  "issue_detected_device_count" INTEGER NOT NULL DEFAULT 0,
  "last_script_run_date_time" INTEGER,
  "last_script_run_date_time_form" INTEGER,
  "no_issue_detected_device_count" INTEGER NOT NULL DEFAULT 0,
  "detection_script_error_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "detection_script_pending_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "issue_detected_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "no_issue_detected_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_management_script_run_summary" (
  "id" TEXT NOT NULL DEFAULT '',
  "error_device_count" INTEGER NOT NULL DEFAULT 0,
  "error_user_count" INTEGER NOT NULL DEFAULT 0,
  "success_device_count" INTEGER NOT NULL DEFAULT 0,
  "success_user_count" INTEGER NOT NULL DEFAULT 0,
  "error_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "error_user_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "success_device_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  "success_user_count_adjustment" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "remediation_day" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "day" INTEGER NOT NULL DEFAULT 0,
  "devices" INTEGER NOT NULL DEFAULT 0,
  "remediated_device_count" INTEGER NOT NULL DEFAULT 0,
  "no_issue_device_count" INTEGER NOT NULL DEFAULT 0,
  "detect_failed_device_count" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("script_id", "day")
) STRICT;

CREATE TABLE "requested_run" (
  "device_id" TEXT NOT NULL DEFAULT '',
  "script_id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("device_id", "script_id")
) STRICT;

CREATE TABLE "dispatch_stop" (
  "stop_id" TEXT NOT NULL DEFAULT '',
  "stopped_date_time" INTEGER NOT NULL DEFAULT 0,
  "stopped_by" TEXT NOT NULL DEFAULT '',
  "reason" TEXT,
  PRIMARY KEY ("stop_id")
) STRICT;

CREATE TABLE "enrollment_token" (
  "token_id" TEXT NOT NULL DEFAULT '',
  "secret_hash" TEXT NOT NULL DEFAULT '',
  "created_at" INTEGER NOT NULL DEFAULT 0,
  "expires_at" INTEGER NOT NULL DEFAULT 0,
  "uses" INTEGER NOT NULL DEFAULT 0,
  "uses_left" INTEGER NOT NULL DEFAULT 0,
  "group_ids" TEXT NOT NULL DEFAULT '[]',
  "needs_approval" INTEGER NOT NULL DEFAULT 0,
  "may_replace" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("token_id")
) STRICT;

CREATE TABLE "device_key" (
  "device_id" TEXT NOT NULL DEFAULT '',
  "state" INTEGER NOT NULL DEFAULT 0,
  "key_id" TEXT NOT NULL DEFAULT '',
  "public_key" TEXT NOT NULL DEFAULT '',
  "made_at" INTEGER NOT NULL DEFAULT 0,
  "replaceable" INTEGER NOT NULL DEFAULT 0,
  "nonce_hash" TEXT NOT NULL DEFAULT '',
  "previous_nonce_hash" TEXT NOT NULL DEFAULT '',
  "assertions" TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY ("device_id")
) STRICT;

CREATE TABLE "device_health_script_assignment" (
  "id" TEXT NOT NULL DEFAULT '',
  "run_remediation_script" INTEGER NOT NULL DEFAULT 0,
  "run_schedule" TEXT,
  "target" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
) STRICT;

CREATE TABLE "device_health_script_assignment_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_management_script_assignment" (
  "id" TEXT NOT NULL DEFAULT '',
  "target" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
) STRICT;

CREATE TABLE "device_management_script_assignment_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "device_management_script_group_assignment" (
  "id" TEXT NOT NULL DEFAULT '',
  "target_group_id" TEXT,
  "script_id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
) STRICT;

CREATE TABLE "device_management_script_group_assignment_change" (
  "script_id" TEXT NOT NULL DEFAULT '',
  "id" TEXT NOT NULL DEFAULT '',
  "change_day" INTEGER NOT NULL DEFAULT 0,
  "change_id" INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE "pending_deletion" (
  "pending_id" INTEGER PRIMARY KEY,
  "table_name" TEXT NOT NULL DEFAULT '',
  "column_name" TEXT NOT NULL DEFAULT '',
  "value" TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE VIEW "device_health_script_policy_state" AS
SELECT s."assignment_filter_ids", s."detection_state", s."device_id", d."device_name",
  s."expected_state_update_date_time", s."expected_state_update_date_time_form",
  CASE s."id_form" WHEN 1 THEN s."script_id" || ':' || s."state_key" ELSE s."state_key" END AS "id",
  s."last_state_update_date_time", s."last_state_update_date_time_form",
  s."last_sync_date_time", s."last_sync_date_time_form", d."os_version",
  s."script_id" AS "policy_id", p."display_name" AS "policy_name",
  s."post_remediation_detection_script_error", s."post_remediation_detection_script_output",
  s."pre_remediation_detection_script_error", s."pre_remediation_detection_script_output",
  s."remediation_script_error", s."remediation_state", d."user_principal_name" AS "user_name"
FROM "device_health_script_device_state" AS s
JOIN "device_health_script" AS p ON p."id" = s."script_id"
LEFT JOIN "managed_device" AS d ON d."id" = s."device_id"
WHERE s."device_id" <> '';

CREATE VIEW "comanaged_device" AS
SELECT * FROM "managed_device" WHERE "management_agent" IN (10, 11);

CREATE VIEW "managed_device_user" AS
SELECT "id" AS "device_id", "user_id" AS "id", "user_display_name" AS "display_name",
  "email_address" AS "mail", "user_principal_name", '[]' AS "business_phones",
  CAST(NULL AS BIGINT) AS "deleted_date_time", CAST(NULL AS INTEGER) AS "deleted_date_time_form",
  CAST(NULL AS SMALLINT) AS "account_enabled", CAST(NULL AS TEXT) AS "department",
  CAST(NULL AS TEXT) AS "given_name", CAST(NULL AS TEXT) AS "job_title",
  CAST(NULL AS TEXT) AS "mobile_phone", CAST(NULL AS TEXT) AS "office_location",
  CAST(NULL AS TEXT) AS "preferred_language", CAST(NULL AS TEXT) AS "surname",
  CAST(NULL AS TEXT) AS "usage_location", CAST(NULL AS TEXT) AS "user_type"
FROM "managed_device" WHERE "user_id" <> '';

CREATE TABLE "device_management_reports" (
  "id" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "device_management_export_job" (
  "id" TEXT NOT NULL DEFAULT '',
  "expiration_date_time" INTEGER NOT NULL DEFAULT 0,
  "expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "filter" TEXT,
  "format" INTEGER NOT NULL DEFAULT 0,
  "localization_type" INTEGER NOT NULL DEFAULT 0,
  "report_name" TEXT NOT NULL DEFAULT '',
  "request_date_time" INTEGER NOT NULL DEFAULT 0,
  "request_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "search" TEXT,
  "select" TEXT DEFAULT '[]',
  "snapshot_id" TEXT,
  "status" INTEGER NOT NULL DEFAULT 0,
  "url" TEXT,
  "secret" TEXT NOT NULL DEFAULT '',
  "origin" TEXT NOT NULL DEFAULT '',
  "role_scope_tags" TEXT NOT NULL DEFAULT '',
  "lease_until" INTEGER NOT NULL DEFAULT 0,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "length" INTEGER NOT NULL DEFAULT 0,
  "chunks" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
) STRICT;

CREATE TABLE "export_chunk" (
  "job_id" TEXT NOT NULL DEFAULT '',
  "chunk" INTEGER NOT NULL DEFAULT 0,
  "content" BLOB,
  PRIMARY KEY ("job_id", "chunk")
) STRICT;

CREATE TABLE "status_monitor" (
  "monitor_id" TEXT NOT NULL DEFAULT '',
  "caller" TEXT NOT NULL DEFAULT '',
  "lease_until" INTEGER NOT NULL DEFAULT 0,
  "finished_at" INTEGER NOT NULL DEFAULT 0,
  "status" INTEGER NOT NULL DEFAULT 0,
  "headers" TEXT NOT NULL DEFAULT '',
  "length" INTEGER NOT NULL DEFAULT 0,
  "pieces" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("monitor_id")
) STRICT;

CREATE TABLE "status_monitor_piece" (
  "monitor_id" TEXT NOT NULL DEFAULT '',
  "piece" INTEGER NOT NULL DEFAULT 0,
  "content" BLOB,
  PRIMARY KEY ("monitor_id", "piece")
) STRICT;

CREATE TABLE "revocation" (
  "revoked_at" INTEGER NOT NULL DEFAULT 0,
  "principal" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("revoked_at", "principal")
) STRICT;

CREATE TABLE "application" (
  "application_id" TEXT NOT NULL DEFAULT '',
  "display_name" TEXT NOT NULL DEFAULT '',
  "roles" TEXT NOT NULL DEFAULT '[]',
  "role_scope_tag_ids" TEXT NOT NULL DEFAULT '[]',
  "scopes" TEXT NOT NULL DEFAULT '[]',
  "redirect_uris" TEXT NOT NULL DEFAULT '[]',
  "public_client" INTEGER NOT NULL DEFAULT 0,
  "disabled" INTEGER NOT NULL DEFAULT 0,
  "created_at" INTEGER NOT NULL DEFAULT 0,
  "tokens_from" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("application_id")
) STRICT;

CREATE TABLE "application_credential" (
  "application_id" TEXT NOT NULL DEFAULT '',
  "credential_id" TEXT NOT NULL DEFAULT '',
  "secret_hash" BLOB,
  "public_key" BLOB,
  "hint" TEXT NOT NULL DEFAULT '',
  "created_at" INTEGER NOT NULL DEFAULT 0,
  "expires_at" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("application_id", "credential_id")
) STRICT;

CREATE TABLE "tenant" (
  "sole" INTEGER NOT NULL DEFAULT 0,
  "tenant_id" TEXT NOT NULL,
  PRIMARY KEY ("sole")
) STRICT;

CREATE TABLE "signing_key" (
  "key_id" TEXT NOT NULL DEFAULT '',
  "secret" BLOB,
  "sealed" INTEGER NOT NULL DEFAULT 0,
  "created_at" INTEGER NOT NULL DEFAULT 0,
  "signs_from" INTEGER NOT NULL DEFAULT 0,
  "signed_until" INTEGER NOT NULL DEFAULT 0,
  "retired_at" INTEGER,
  PRIMARY KEY ("key_id")
) STRICT;

CREATE TABLE "user_account" (
  "user_name" TEXT NOT NULL DEFAULT '',
  "user_id" TEXT NOT NULL DEFAULT '',
  "display_name" TEXT NOT NULL DEFAULT '',
  "scopes" TEXT NOT NULL DEFAULT '[]',
  "role_scope_tag_ids" TEXT NOT NULL DEFAULT '[]',
  "disabled" INTEGER NOT NULL DEFAULT 0,
  "created_at" INTEGER NOT NULL DEFAULT 0,
  "tokens_from" INTEGER NOT NULL DEFAULT 0,
  "password" TEXT,
  "totp_secret" BLOB,
  "totp_step" INTEGER NOT NULL DEFAULT 0,
  "totp_failures" INTEGER NOT NULL DEFAULT 0,
  "totp_failed_at" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("user_name")
) STRICT;
CREATE INDEX "user_account_index_1" ON "user_account" ("user_id");

CREATE TABLE "sign_in" (
  "kind" TEXT NOT NULL DEFAULT '',
  "digest" TEXT NOT NULL DEFAULT '',
  "expires_at" INTEGER NOT NULL DEFAULT 0,
  "content" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("kind", "digest")
) STRICT;
CREATE INDEX "sign_in_index_1" ON "sign_in" ("expires_at");

CREATE TABLE "used_assertion" (
  "digest" TEXT NOT NULL DEFAULT '',
  "expires_at" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY ("digest")
) STRICT;
CREATE INDEX "used_assertion_index_1" ON "used_assertion" ("expires_at");

CREATE VIEW "report_device_run_states" AS
SELECT s."detection_state" AS "detection_script_status",
  CAST(s."detection_state" AS TEXT) AS "detection_status", s."device_id", d."device_name",
  (SELECT p."display_name" FROM "device_health_script" AS p WHERE p."id" = s."script_id") AS "display_name",
  REPLACE(REPLACE(REPLACE(REPLACE(s."assignment_filter_ids", '","', ','), '["', ''), '"]', ''), '[]', '')
    AS "filter_ids_csv",
  CAST(s."handed_version" AS TEXT) AS "internal_version", d."join_type",
  s."last_sync_date_time" AS "last_agent_update_time",
  s."last_sync_date_time_form" AS "last_agent_update_time_form", d."model",
  s."last_state_update_date_time" AS "modified_time",
  s."last_state_update_date_time_form" AS "modified_time_form",
  s."expected_state_update_date_time" AS "next_execution_date_time",
  s."expected_state_update_date_time_form" AS "next_execution_date_time_form",
  d."operating_system" AS "os_description", d."os_version", s."script_id" AS "policy_id",
  s."post_remediation_detection_script_error", s."post_remediation_detection_script_output",
  s."pre_remediation_detection_script_error", s."pre_remediation_detection_script_output",
  d."user_id" AS "primary_user", s."remediation_script_error" AS "remediation_script_error_details",
  CAST(NULL AS TEXT) AS "remediation_script_output_details",
  s."remediation_state" AS "remediation_script_status",
  CAST(s."remediation_state" AS TEXT) AS "remediation_status", s."state_key" AS "unique_kusto_key",
  d."user_principal_name" AS "upn", d."email_address" AS "user_email", d."user_id",
  d."user_display_name" AS "user_name"
FROM "device_health_script_device_state" AS s
LEFT JOIN "managed_device" AS d ON d."id" = s."device_id"
WHERE EXISTS (SELECT 1 FROM "device_health_script" AS p WHERE p."id" = s."script_id");

CREATE VIEW "report_policy_run_states" AS
SELECT s."detection_state" AS "detection_script_status",
  CAST(s."detection_state" AS TEXT) AS "detection_status", s."device_id", d."device_name",
  (SELECT p."display_name" FROM "device_health_script" AS p WHERE p."id" = s."script_id") AS "policy_name",
  REPLACE(REPLACE(REPLACE(REPLACE(s."assignment_filter_ids", '","', ','), '["', ''), '"]', ''), '[]', '')
    AS "filter_ids_csv",
  CAST(s."handed_version" AS TEXT) AS "internal_version", d."join_type",
  s."last_sync_date_time" AS "last_agent_update_time",
  s."last_sync_date_time_form" AS "last_agent_update_time_form", d."model",
  s."last_state_update_date_time" AS "modified_time",
  s."last_state_update_date_time_form" AS "modified_time_form",
  s."expected_state_update_date_time" AS "next_execution_date_time",
  s."expected_state_update_date_time_form" AS "next_execution_date_time_form",
  d."operating_system" AS "os_description", d."os_version", s."script_id" AS "policy_id",
  s."post_remediation_detection_script_error", s."post_remediation_detection_script_output",
  s."pre_remediation_detection_script_error", s."pre_remediation_detection_script_output",
  d."user_id" AS "primary_user", s."remediation_script_error" AS "remediation_script_error_details",
  CAST(NULL AS TEXT) AS "remediation_script_output_details",
  s."remediation_state" AS "remediation_script_status",
  CAST(s."remediation_state" AS TEXT) AS "remediation_status", s."state_key" AS "unique_kusto_key",
  d."user_principal_name" AS "upn", d."email_address" AS "user_email", d."user_id",
  d."user_display_name" AS "user_name"
FROM "device_health_script_device_state" AS s
LEFT JOIN "managed_device" AS d ON d."id" = s."device_id"
WHERE EXISTS (SELECT 1 FROM "device_health_script" AS p WHERE p."id" = s."script_id");

CREATE VIEW "report_script_run_states" AS
SELECT s."device_id", d."device_name", s."error_code", s."error_description",
  s."last_state_update_date_time" AS "modified_time",
  s."last_state_update_date_time_form" AS "modified_time_form", d."os_version",
  s."script_id" AS "policy_id", s."result_message" AS "policy_result_detail",
  CAST(s."run_state" AS TEXT) AS "policy_result_state",
  CAST(s."handed_version" AS TEXT) AS "policy_version", s."run_state",
  d."user_principal_name" AS "upn", d."email_address" AS "user_email", s."user_id",
  d."user_display_name" AS "user_name", s."state_key"
FROM "device_management_script_device_state" AS s
LEFT JOIN "managed_device" AS d ON d."id" = s."device_id"
WHERE EXISTS (SELECT 1 FROM "device_management_script" AS p WHERE p."id" = s."script_id")
  OR EXISTS (SELECT 1 FROM "device_shell_script" AS p WHERE p."id" = s."script_id")
  OR EXISTS (SELECT 1 FROM "device_custom_attribute_shell_script" AS p WHERE p."id" = s."script_id");

CREATE TABLE "audit_event" (
  "activity" TEXT,
  "activity_date_time" INTEGER NOT NULL DEFAULT 0,
  "activity_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "activity_operation_type" TEXT,
  "activity_result" TEXT,
  "activity_type" TEXT,
  "actor" TEXT,
  "category" TEXT,
  "component_name" TEXT,
  "correlation_id" TEXT NOT NULL,
  "display_name" TEXT,
  "resources" TEXT DEFAULT '[]',
  "server_id" TEXT NOT NULL DEFAULT '',
  "sequence" INTEGER NOT NULL DEFAULT 0,
  "previous_hash" TEXT NOT NULL DEFAULT '',
  "hash" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("server_id", "sequence")
) STRICT;
CREATE INDEX "audit_event_index_1" ON "audit_event" ("activity_date_time");

CREATE TABLE "audit_chain" (
  "server_id" TEXT NOT NULL DEFAULT '',
  "sequence" INTEGER NOT NULL DEFAULT 0,
  "hash" TEXT NOT NULL DEFAULT '',
  "anchor_sequence" INTEGER NOT NULL DEFAULT 0,
  "anchor_hash" TEXT NOT NULL DEFAULT '',
  PRIMARY KEY ("server_id")
) STRICT;

