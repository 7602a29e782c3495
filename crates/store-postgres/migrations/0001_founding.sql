CREATE TABLE "device_management" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "account_move_completion_date_time" BIGINT NOT NULL DEFAULT 0,
  "account_move_completion_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "device_compliance_report_summarization_date_time" BIGINT NOT NULL DEFAULT 0,
  "device_compliance_report_summarization_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "intune_account_id" TEXT COLLATE "C" NOT NULL,
  "last_report_aggregation_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_report_aggregation_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "legacy_pc_manangement_enabled" SMALLINT NOT NULL DEFAULT 0,
  "maximum_dep_tokens" BIGINT NOT NULL DEFAULT 0,
  "subscriptions" BIGINT NOT NULL DEFAULT 0,
  "subscription_state" BIGINT NOT NULL DEFAULT 0,
  "unlicensed_adminstrators_enabled" SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "managed_device" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "aad_registered" SMALLINT,
  "activation_lock_bypass_code" TEXT COLLATE "C",
  "android_security_patch_level" TEXT COLLATE "C",
  "autopilot_enrolled" SMALLINT NOT NULL DEFAULT 0,
  "azure_active_directory_device_id" TEXT COLLATE "C",
  "azure_ad_device_id" TEXT COLLATE "C",
  "azure_ad_registered" SMALLINT,
  "bootstrap_token_escrowed" SMALLINT NOT NULL DEFAULT 0,
  "chassis_type" BIGINT NOT NULL DEFAULT 0,
  "chrome_os_device_info" TEXT COLLATE "C" DEFAULT '[]',
  "cloud_pc_remote_action_results" TEXT COLLATE "C" DEFAULT '[]',
  "compliance_grace_period_expiration_date_time" BIGINT NOT NULL DEFAULT 0,
  "compliance_grace_period_expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "compliance_state" BIGINT NOT NULL DEFAULT 0,
  "configuration_manager_client_enabled_features" TEXT COLLATE "C",
  "configuration_manager_client_health_state" TEXT COLLATE "C",
  "configuration_manager_client_information" TEXT COLLATE "C",
  "device_action_results" TEXT COLLATE "C" DEFAULT '[]',
  "device_category_display_name" TEXT COLLATE "C",
  "device_enrollment_type" BIGINT NOT NULL DEFAULT 0,
  "device_firmware_configuration_interface_managed" SMALLINT NOT NULL DEFAULT 0,
  "device_health_attestation_state" TEXT COLLATE "C",
  "device_name" TEXT COLLATE "C",
  "device_registration_state" BIGINT NOT NULL DEFAULT 0,
  "device_type" BIGINT NOT NULL DEFAULT 0,
  "eas_activated" SMALLINT NOT NULL DEFAULT 0,
  "eas_activation_date_time" BIGINT NOT NULL DEFAULT 0,
  "eas_activation_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "eas_device_id" TEXT COLLATE "C",
  "email_address" TEXT COLLATE "C",
  "enrolled_by_user_principal_name" TEXT COLLATE "C",
  "enrolled_date_time" BIGINT NOT NULL DEFAULT 0,
  "enrolled_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "enrollment_profile_name" TEXT COLLATE "C",
  "ethernet_mac_address" TEXT COLLATE "C",
  "exchange_access_state" BIGINT NOT NULL DEFAULT 0,
  "exchange_access_state_reason" BIGINT NOT NULL DEFAULT 0,
  "exchange_last_successful_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "exchange_last_successful_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "free_storage_space_in_bytes" BIGINT NOT NULL DEFAULT 0,
  "hardware_information" TEXT COLLATE "C",
  "iccid" TEXT COLLATE "C",
  "imei" TEXT COLLATE "C",
  "is_encrypted" SMALLINT NOT NULL DEFAULT 0,
  "is_supervised" SMALLINT NOT NULL DEFAULT 0,
  "jail_broken" TEXT COLLATE "C",
  "join_type" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "lost_mode_state" BIGINT NOT NULL DEFAULT 0,
  "managed_device_name" TEXT COLLATE "C",
  "managed_device_owner_type" BIGINT NOT NULL DEFAULT 0,
  "management_agent" BIGINT NOT NULL DEFAULT 1,
  "management_certificate_expiration_date" BIGINT NOT NULL DEFAULT 0,
  "management_certificate_expiration_date_form" INTEGER NOT NULL DEFAULT 0,
  "management_features" BIGINT NOT NULL DEFAULT 0,
  "management_state" BIGINT NOT NULL DEFAULT 0,
  "manufacturer" TEXT COLLATE "C",
  "meid" TEXT COLLATE "C",
  "model" TEXT COLLATE "C",
  "notes" TEXT COLLATE "C",
  "operating_system" TEXT COLLATE "C",
  "os_version" TEXT COLLATE "C",
  "owner_type" BIGINT NOT NULL DEFAULT 0,
  "partner_reported_threat_state" BIGINT NOT NULL DEFAULT 0,
  "phone_number" TEXT COLLATE "C",
  "physical_memory_in_bytes" BIGINT NOT NULL DEFAULT 0,
  "prefer_mdm_over_group_policy_applied_date_time" BIGINT NOT NULL DEFAULT 0,
  "prefer_mdm_over_group_policy_applied_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "processor_architecture" BIGINT NOT NULL DEFAULT 0,
  "remote_assistance_session_error_details" TEXT COLLATE "C",
  "remote_assistance_session_url" TEXT COLLATE "C",
  "require_user_enrollment_approval" SMALLINT,
  "retire_after_date_time" BIGINT NOT NULL DEFAULT 0,
  "retire_after_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "security_patch_level" TEXT COLLATE "C",
  "serial_number" TEXT COLLATE "C",
  "sku_family" TEXT COLLATE "C",
  "sku_number" BIGINT NOT NULL DEFAULT 0,
  "specification_version" TEXT COLLATE "C",
  "subscriber_carrier" TEXT COLLATE "C",
  "total_storage_space_in_bytes" BIGINT NOT NULL DEFAULT 0,
  "udid" TEXT COLLATE "C",
  "user_display_name" TEXT COLLATE "C",
  "user_id" TEXT COLLATE "C",
  "user_principal_name" TEXT COLLATE "C",
  "users_logged_on" TEXT COLLATE "C" DEFAULT '[]',
  "wi_fi_mac_address" TEXT COLLATE "C",
  "windows_active_malware_count" BIGINT NOT NULL DEFAULT 0,
  "windows_remediated_malware_count" BIGINT NOT NULL DEFAULT 0,
  "entity_type" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "group_ids" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "sync_requested" SMALLINT NOT NULL DEFAULT 0,
  "device_category_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("id")
);
CREATE INDEX "managed_device_index_1" ON "managed_device" ("udid" NULLS FIRST) WHERE udid IS NOT NULL;
CREATE INDEX "managed_device_index_2" ON "managed_device" ("device_category_id") WHERE device_category_id <> '';

CREATE TABLE "managed_device_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_category" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "description" TEXT COLLATE "C",
  "display_name" TEXT COLLATE "C",
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  PRIMARY KEY ("id")
);

CREATE TABLE "assignment_filter" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "assignment_filter_management_type" BIGINT NOT NULL DEFAULT 0,
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "display_name" TEXT COLLATE "C",
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "platform" BIGINT NOT NULL DEFAULT 0,
  "role_scope_tags" TEXT COLLATE "C" DEFAULT '[]',
  "rule" TEXT COLLATE "C",
  PRIMARY KEY ("id")
);

CREATE TABLE "operation_approval_request" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "approval_justification" TEXT COLLATE "C",
  "approver" TEXT COLLATE "C",
  "expiration_date_time" BIGINT NOT NULL DEFAULT 0,
  "expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "request_date_time" BIGINT NOT NULL DEFAULT 0,
  "request_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "request_justification" TEXT COLLATE "C",
  "requestor" TEXT COLLATE "C",
  "required_operation_approval_policy_types" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "status" BIGINT NOT NULL DEFAULT 0,
  "requestor_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "method" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "path" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "body" BYTEA,
  "digest" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "role_scope_tags" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  PRIMARY KEY ("id")
);
CREATE INDEX "operation_approval_request_index_1" ON "operation_approval_request" ("digest");

CREATE TABLE "device_health_script" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "detection_script_content" BYTEA,
  "detection_script_parameters" TEXT COLLATE "C" DEFAULT '[]',
  "device_health_script_type" BIGINT NOT NULL DEFAULT 0,
  "display_name" TEXT COLLATE "C",
  "enforce_signature_check" SMALLINT NOT NULL DEFAULT 0,
  "highest_available_version" TEXT COLLATE "C",
  "is_global_script" SMALLINT NOT NULL DEFAULT 0,
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "publisher" TEXT COLLATE "C" DEFAULT '',
  "remediation_script_content" BYTEA,
  "remediation_script_parameters" TEXT COLLATE "C" DEFAULT '[]',
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "run_as32_bit" SMALLINT NOT NULL DEFAULT 0,
  "run_as_account" BIGINT NOT NULL DEFAULT 0,
  "content_version" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "device_health_script_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_compliance_script" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "detection_script_content" BYTEA,
  "display_name" TEXT COLLATE "C",
  "enforce_signature_check" SMALLINT NOT NULL DEFAULT 0,
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "platform" BIGINT,
  "publisher" TEXT COLLATE "C",
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "run_as32_bit" SMALLINT NOT NULL DEFAULT 0,
  "run_as_account" BIGINT NOT NULL DEFAULT 0,
  "content_version" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "device_compliance_script_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_management_script" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "display_name" TEXT COLLATE "C",
  "enforce_signature_check" SMALLINT NOT NULL DEFAULT 0,
  "file_name" TEXT COLLATE "C" DEFAULT '',
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "run_as32_bit" SMALLINT NOT NULL DEFAULT 0,
  "run_as_account" BIGINT NOT NULL DEFAULT 0,
  "script_content" BYTEA,
  "content_version" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "device_management_script_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_shell_script" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "block_execution_notifications" SMALLINT NOT NULL DEFAULT 0,
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "display_name" TEXT COLLATE "C",
  "execution_frequency" BIGINT NOT NULL DEFAULT 0,
  "file_name" TEXT COLLATE "C" DEFAULT '',
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "retry_count" BIGINT NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "run_as_account" BIGINT NOT NULL DEFAULT 0,
  "script_content" BYTEA,
  "content_version" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "device_shell_script_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_custom_attribute_shell_script" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_date_time" BIGINT NOT NULL DEFAULT 0,
  "created_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "custom_attribute_name" TEXT COLLATE "C",
  "custom_attribute_type" BIGINT NOT NULL DEFAULT 0,
  "description" TEXT COLLATE "C",
  "display_name" TEXT COLLATE "C",
  "file_name" TEXT COLLATE "C" DEFAULT '',
  "last_modified_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_modified_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "role_scope_tag_ids" TEXT COLLATE "C" DEFAULT '[]',
  "run_as_account" BIGINT NOT NULL DEFAULT 0,
  "script_content" BYTEA,
  "content_version" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "device_custom_attribute_shell_script_change" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_health_script_device_state" (
  "detection_state" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" BIGINT,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "pre_remediation_detection_script_output" TEXT COLLATE "C",
  "pre_remediation_detection_script_error" TEXT COLLATE "C",
  "remediation_script_error" TEXT COLLATE "C",
  "post_remediation_detection_script_output" TEXT COLLATE "C",
  "post_remediation_detection_script_error" TEXT COLLATE "C",
  "remediation_state" BIGINT NOT NULL DEFAULT 0,
  "assignment_filter_ids" TEXT COLLATE "C" DEFAULT '[]',
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "counted_day" BIGINT,
  "outcome_day" BIGINT,
  "outcome" BIGINT NOT NULL DEFAULT 0,
  "requested" BIGINT NOT NULL DEFAULT 0,
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  PRIMARY KEY ("script_id", "state_key")
);
CREATE INDEX "device_health_script_device_state_index_1" ON "device_health_script_device_state" ("device_id") WHERE device_id <> '';

CREATE TABLE "device_health_script_device_state_history" (
  "detection_state" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" BIGINT,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "pre_remediation_detection_script_output" TEXT COLLATE "C",
  "pre_remediation_detection_script_error" TEXT COLLATE "C",
  "remediation_script_error" TEXT COLLATE "C",
  "post_remediation_detection_script_output" TEXT COLLATE "C",
  "post_remediation_detection_script_error" TEXT COLLATE "C",
  "remediation_state" BIGINT NOT NULL DEFAULT 0,
  "assignment_filter_ids" TEXT COLLATE "C" DEFAULT '[]',
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "counted_day" BIGINT,
  "outcome_day" BIGINT,
  "outcome" BIGINT NOT NULL DEFAULT 0,
  "requested" BIGINT NOT NULL DEFAULT 0,
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  "history_id" BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  "recorded_at" BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE "device_health_script_device_state_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT,
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_compliance_script_device_state" (
  "detection_state" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" BIGINT,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "script_output" TEXT COLLATE "C",
  "script_error" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  PRIMARY KEY ("script_id", "state_key")
);

CREATE TABLE "device_compliance_script_device_state_history" (
  "detection_state" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "expected_state_update_date_time" BIGINT,
  "expected_state_update_date_time_form" INTEGER,
  "last_sync_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_sync_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "script_output" TEXT COLLATE "C",
  "script_error" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  "history_id" BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  "recorded_at" BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE "device_compliance_script_device_state_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT,
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_management_script_device_state" (
  "run_state" BIGINT NOT NULL DEFAULT 0,
  "result_message" TEXT COLLATE "C",
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "error_code" BIGINT NOT NULL DEFAULT 0,
  "error_description" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "user_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  PRIMARY KEY ("script_id", "state_key")
);
CREATE INDEX "device_management_script_device_state_index_1" ON "device_management_script_device_state" ("script_id", "user_id", "state_key") WHERE user_id <> '';

CREATE TABLE "device_management_script_device_state_history" (
  "run_state" BIGINT NOT NULL DEFAULT 0,
  "result_message" TEXT COLLATE "C",
  "last_state_update_date_time" BIGINT NOT NULL DEFAULT 0,
  "last_state_update_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "error_code" BIGINT NOT NULL DEFAULT 0,
  "error_description" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "user_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "handed_version" BIGINT NOT NULL DEFAULT 0,
  "handed_count" BIGINT NOT NULL DEFAULT 0,
  "last_history_id" BIGINT,
  "history_id" BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  "recorded_at" BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE "device_management_script_device_state_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT,
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_management_script_user_state" (
  "error_device_count" BIGINT NOT NULL DEFAULT 0,
  "success_device_count" BIGINT NOT NULL DEFAULT 0,
  "user_principal_name" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "user_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT NOT NULL DEFAULT 0,
  "error_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "success_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("script_id", "user_key")
);

CREATE TABLE "device_management_script_user_state_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "user_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id_form" BIGINT,
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_health_script_run_summary_slot" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "detection_script_error_device_count" BIGINT NOT NULL DEFAULT 0,
  "detection_script_not_applicable_device_count" BIGINT NOT NULL DEFAULT 0,
  "detection_script_pending_device_count" BIGINT NOT NULL DEFAULT 0,
  "issue_detected_device_count" BIGINT NOT NULL DEFAULT 0,
  "issue_remediated_device_count" BIGINT NOT NULL DEFAULT 0,
  "issue_reoccurred_device_count" BIGINT NOT NULL DEFAULT 0,
  "last_script_run_date_time" BIGINT,
  "last_script_run_date_time_form" INTEGER,
  "no_issue_detected_device_count" BIGINT NOT NULL DEFAULT 0,
  "remediation_script_error_device_count" BIGINT NOT NULL DEFAULT 0,
  "remediation_skipped_device_count" BIGINT NOT NULL DEFAULT 0,
  "detection_script_error_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "detection_script_not_applicable_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "detection_script_pending_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "issue_detected_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "issue_remediated_cumulative_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "issue_remediated_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "issue_reoccurred_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "no_issue_detected_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "remediation_script_error_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "remediation_skipped_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "slot" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id", "slot")
);
CREATE VIEW "device_health_script_run_summary" AS SELECT
  "id",
  SUM("detection_script_error_device_count")::BIGINT AS "detection_script_error_device_count",
  SUM("detection_script_not_applicable_device_count")::BIGINT AS "detection_script_not_applicable_device_count",
  SUM("detection_script_pending_device_count")::BIGINT AS "detection_script_pending_device_count",
  SUM("issue_detected_device_count")::BIGINT AS "issue_detected_device_count",
  SUM("issue_remediated_device_count")::BIGINT AS "issue_remediated_device_count",
  SUM("issue_reoccurred_device_count")::BIGINT AS "issue_reoccurred_device_count",
  MAX("last_script_run_date_time") AS "last_script_run_date_time",
  (ARRAY_AGG("last_script_run_date_time_form" ORDER BY "last_script_run_date_time" DESC NULLS LAST))[1] AS "last_script_run_date_time_form",
  SUM("no_issue_detected_device_count")::BIGINT AS "no_issue_detected_device_count",
  SUM("remediation_script_error_device_count")::BIGINT AS "remediation_script_error_device_count",
  SUM("remediation_skipped_device_count")::BIGINT AS "remediation_skipped_device_count",
  SUM("detection_script_error_device_count_adjustment")::BIGINT AS "detection_script_error_device_count_adjustment",
  SUM("detection_script_not_applicable_device_count_adjustment")::BIGINT AS "detection_script_not_applicable_device_count_adjustment",
  SUM("detection_script_pending_device_count_adjustment")::BIGINT AS "detection_script_pending_device_count_adjustment",
  SUM("issue_detected_device_count_adjustment")::BIGINT AS "issue_detected_device_count_adjustment",
  SUM("issue_remediated_cumulative_device_count_adjustment")::BIGINT AS "issue_remediated_cumulative_device_count_adjustment",
  SUM("issue_remediated_device_count_adjustment")::BIGINT AS "issue_remediated_device_count_adjustment",
  SUM("issue_reoccurred_device_count_adjustment")::BIGINT AS "issue_reoccurred_device_count_adjustment",
  SUM("no_issue_detected_device_count_adjustment")::BIGINT AS "no_issue_detected_device_count_adjustment",
  SUM("remediation_script_error_device_count_adjustment")::BIGINT AS "remediation_script_error_device_count_adjustment",
  SUM("remediation_skipped_device_count_adjustment")::BIGINT AS "remediation_skipped_device_count_adjustment"
FROM "device_health_script_run_summary_slot" GROUP BY "id";

CREATE TABLE "device_compliance_script_run_summary_slot" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "detection_script_error_device_count" BIGINT NOT NULL DEFAULT 0,
  "detection_script_pending_device_count" BIGINT NOT NULL DEFAULT 0,
  "issue_detected_device_count" BIGINT NOT NULL DEFAULT 0,
  "last_script_run_date_time" BIGINT,
  "last_script_run_date_time_form" INTEGER,
  "no_issue_detected_device_count" BIGINT NOT NULL DEFAULT 0,
  "detection_script_error_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "detection_script_pending_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "issue_detected_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "no_issue_detected_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "slot" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id", "slot")
);
CREATE VIEW "device_compliance_script_run_summary" AS SELECT
  "id",
  SUM("detection_script_error_device_count")::BIGINT AS "detection_script_error_device_count",
  SUM("detection_script_pending_device_count")::BIGINT AS "detection_script_pending_device_count",
  SUM("issue_detected_device_count")::BIGINT AS "issue_detected_device_count",
  MAX("last_script_run_date_time") AS "last_script_run_date_time",
  (ARRAY_AGG("last_script_run_date_time_form" ORDER BY "last_script_run_date_time" DESC NULLS LAST))[1] AS "last_script_run_date_time_form",
  SUM("no_issue_detected_device_count")::BIGINT AS "no_issue_detected_device_count",
  SUM("detection_script_error_device_count_adjustment")::BIGINT AS "detection_script_error_device_count_adjustment",
  SUM("detection_script_pending_device_count_adjustment")::BIGINT AS "detection_script_pending_device_count_adjustment",
  SUM("issue_detected_device_count_adjustment")::BIGINT AS "issue_detected_device_count_adjustment",
  SUM("no_issue_detected_device_count_adjustment")::BIGINT AS "no_issue_detected_device_count_adjustment"
FROM "device_compliance_script_run_summary_slot" GROUP BY "id";

CREATE TABLE "device_management_script_run_summary_slot" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "error_device_count" BIGINT NOT NULL DEFAULT 0,
  "error_user_count" BIGINT NOT NULL DEFAULT 0,
  "success_device_count" BIGINT NOT NULL DEFAULT 0,
  "success_user_count" BIGINT NOT NULL DEFAULT 0,
  "error_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "error_user_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "success_device_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "success_user_count_adjustment" BIGINT NOT NULL DEFAULT 0,
  "slot" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id", "slot")
);
CREATE VIEW "device_management_script_run_summary" AS SELECT
  "id",
  SUM("error_device_count")::BIGINT AS "error_device_count",
  SUM("error_user_count")::BIGINT AS "error_user_count",
  SUM("success_device_count")::BIGINT AS "success_device_count",
  SUM("success_user_count")::BIGINT AS "success_user_count",
  SUM("error_device_count_adjustment")::BIGINT AS "error_device_count_adjustment",
  SUM("error_user_count_adjustment")::BIGINT AS "error_user_count_adjustment",
  SUM("success_device_count_adjustment")::BIGINT AS "success_device_count_adjustment",
  SUM("success_user_count_adjustment")::BIGINT AS "success_user_count_adjustment"
FROM "device_management_script_run_summary_slot" GROUP BY "id";

CREATE TABLE "remediation_day_slot" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "day" BIGINT NOT NULL DEFAULT 0,
  "devices" BIGINT NOT NULL DEFAULT 0,
  "remediated_device_count" BIGINT NOT NULL DEFAULT 0,
  "no_issue_device_count" BIGINT NOT NULL DEFAULT 0,
  "detect_failed_device_count" BIGINT NOT NULL DEFAULT 0,
  "slot" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("script_id", "day", "slot")
);
CREATE VIEW "remediation_day" AS SELECT
  "script_id",
  "day",
  SUM("devices")::BIGINT AS "devices",
  SUM("remediated_device_count")::BIGINT AS "remediated_device_count",
  SUM("no_issue_device_count")::BIGINT AS "no_issue_device_count",
  SUM("detect_failed_device_count")::BIGINT AS "detect_failed_device_count"
FROM "remediation_day_slot" GROUP BY "script_id", "day";

CREATE TABLE "requested_run" (
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("device_id", "script_id")
);

CREATE TABLE "dispatch_stop" (
  "stop_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "stopped_date_time" BIGINT NOT NULL DEFAULT 0,
  "stopped_by" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "reason" TEXT COLLATE "C",
  PRIMARY KEY ("stop_id")
);

CREATE TABLE "enrollment_token" (
  "token_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "secret_hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_at" BIGINT NOT NULL DEFAULT 0,
  "expires_at" BIGINT NOT NULL DEFAULT 0,
  "uses" BIGINT NOT NULL DEFAULT 0,
  "uses_left" BIGINT NOT NULL DEFAULT 0,
  "group_ids" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "needs_approval" SMALLINT NOT NULL DEFAULT 0,
  "may_replace" SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("token_id")
);

CREATE TABLE "device_key" (
  "device_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "state" BIGINT NOT NULL DEFAULT 0,
  "key_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "public_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "made_at" BIGINT NOT NULL DEFAULT 0,
  "replaceable" SMALLINT NOT NULL DEFAULT 0,
  "nonce_hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "previous_nonce_hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "assertions" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  PRIMARY KEY ("device_id")
);

CREATE TABLE "device_health_script_assignment" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "run_remediation_script" SMALLINT NOT NULL DEFAULT 0,
  "run_schedule" TEXT COLLATE "C",
  "target" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
);

CREATE TABLE "device_health_script_assignment_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_management_script_assignment" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "target" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
);

CREATE TABLE "device_management_script_assignment_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "device_management_script_group_assignment" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "target_group_id" TEXT COLLATE "C",
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("script_id", "id")
);

CREATE TABLE "device_management_script_group_assignment_change" (
  "script_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "change_day" BIGINT NOT NULL DEFAULT 0,
  "change_id" BIGINT GENERATED BY DEFAULT AS IDENTITY,
  "transaction_id" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY ("transaction_id", "change_id")
);

CREATE TABLE "pending_deletion" (
  "pending_id" BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  "table_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "column_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "value" TEXT COLLATE "C" NOT NULL DEFAULT ''
);

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
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("id")
);

CREATE TABLE "device_management_export_job" (
  "id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "expiration_date_time" BIGINT NOT NULL DEFAULT 0,
  "expiration_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "filter" TEXT COLLATE "C",
  "format" BIGINT NOT NULL DEFAULT 0,
  "localization_type" BIGINT NOT NULL DEFAULT 0,
  "report_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "request_date_time" BIGINT NOT NULL DEFAULT 0,
  "request_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "search" TEXT COLLATE "C",
  "select" TEXT COLLATE "C" DEFAULT '[]',
  "snapshot_id" TEXT COLLATE "C",
  "status" BIGINT NOT NULL DEFAULT 0,
  "url" TEXT COLLATE "C",
  "secret" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "origin" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "role_scope_tags" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "lease_until" BIGINT NOT NULL DEFAULT 0,
  "attempts" BIGINT NOT NULL DEFAULT 0,
  "length" BIGINT NOT NULL DEFAULT 0,
  "chunks" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("id")
);

CREATE TABLE "export_chunk" (
  "job_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "chunk" BIGINT NOT NULL DEFAULT 0,
  "content" BYTEA,
  PRIMARY KEY ("job_id", "chunk")
);

CREATE TABLE "status_monitor" (
  "monitor_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "caller" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "lease_until" BIGINT NOT NULL DEFAULT 0,
  "finished_at" BIGINT NOT NULL DEFAULT 0,
  "status" BIGINT NOT NULL DEFAULT 0,
  "headers" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "length" BIGINT NOT NULL DEFAULT 0,
  "pieces" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("monitor_id")
);

CREATE TABLE "status_monitor_piece" (
  "monitor_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "piece" BIGINT NOT NULL DEFAULT 0,
  "content" BYTEA,
  PRIMARY KEY ("monitor_id", "piece")
);

CREATE TABLE "revocation" (
  "revoked_at" BIGINT NOT NULL DEFAULT 0,
  "principal" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("revoked_at", "principal")
);

CREATE TABLE "application" (
  "application_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "display_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "roles" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "role_scope_tag_ids" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "scopes" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "redirect_uris" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "public_client" SMALLINT NOT NULL DEFAULT 0,
  "disabled" SMALLINT NOT NULL DEFAULT 0,
  "created_at" BIGINT NOT NULL DEFAULT 0,
  "tokens_from" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("application_id")
);

CREATE TABLE "application_credential" (
  "application_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "credential_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "secret_hash" BYTEA,
  "public_key" BYTEA,
  "hint" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "created_at" BIGINT NOT NULL DEFAULT 0,
  "expires_at" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("application_id", "credential_id")
);

CREATE TABLE "tenant" (
  "sole" BIGINT NOT NULL DEFAULT 0,
  "tenant_id" TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY ("sole")
);

CREATE TABLE "signing_key" (
  "key_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "secret" BYTEA,
  "sealed" SMALLINT NOT NULL DEFAULT 0,
  "created_at" BIGINT NOT NULL DEFAULT 0,
  "signs_from" BIGINT NOT NULL DEFAULT 0,
  "signed_until" BIGINT NOT NULL DEFAULT 0,
  "retired_at" BIGINT,
  PRIMARY KEY ("key_id")
);

CREATE TABLE "user_account" (
  "user_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "user_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "display_name" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "scopes" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "role_scope_tag_ids" TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  "disabled" SMALLINT NOT NULL DEFAULT 0,
  "created_at" BIGINT NOT NULL DEFAULT 0,
  "tokens_from" BIGINT NOT NULL DEFAULT 0,
  "password" TEXT COLLATE "C",
  "totp_secret" BYTEA,
  "totp_step" BIGINT NOT NULL DEFAULT 0,
  "totp_failures" BIGINT NOT NULL DEFAULT 0,
  "totp_failed_at" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("user_name")
);
CREATE INDEX "user_account_index_1" ON "user_account" ("user_id");

CREATE TABLE "sign_in" (
  "kind" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "digest" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "expires_at" BIGINT NOT NULL DEFAULT 0,
  "content" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("kind", "digest")
);
CREATE INDEX "sign_in_index_1" ON "sign_in" ("expires_at");

CREATE TABLE "used_assertion" (
  "digest" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "expires_at" BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY ("digest")
);
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
  "activity" TEXT COLLATE "C",
  "activity_date_time" BIGINT NOT NULL DEFAULT 0,
  "activity_date_time_form" INTEGER NOT NULL DEFAULT 0,
  "activity_operation_type" TEXT COLLATE "C",
  "activity_result" TEXT COLLATE "C",
  "activity_type" TEXT COLLATE "C",
  "actor" TEXT COLLATE "C",
  "category" TEXT COLLATE "C",
  "component_name" TEXT COLLATE "C",
  "correlation_id" TEXT COLLATE "C" NOT NULL,
  "display_name" TEXT COLLATE "C",
  "resources" TEXT COLLATE "C" DEFAULT '[]',
  "server_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "sequence" BIGINT NOT NULL DEFAULT 0,
  "previous_hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("server_id", "sequence")
);
CREATE INDEX "audit_event_index_1" ON "audit_event" ("activity_date_time");

CREATE TABLE "audit_chain" (
  "server_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "sequence" BIGINT NOT NULL DEFAULT 0,
  "hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  "anchor_sequence" BIGINT NOT NULL DEFAULT 0,
  "anchor_hash" TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY ("server_id")
);

