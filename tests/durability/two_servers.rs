//! Two servers on one data directory: both work, and each sees what the other acknowledged.

use serde_json::json;

use super::server::Data;
use super::workload::{a_while, check, check_file, new_script, write_while};

#[test]
fn two_servers_share_one_data_directory() {
    let data = Data::new();
    let (one, other) = (data.serve(), data.serve());
    let script = new_script(&mut one.client());
    let written = write_while(&[&one, &other], &script, "shared", 8, || a_while(500));
    assert!(written.iter().all(|one| one.is_some()), "{written:?}");
    for server in [&one, &other] {
        check(&mut server.client(), &script, &written);
    }
    // What one has acknowledged, the other shows at once.
    let (mut writer, mut reader) = (one.client(), other.client());
    let path = format!("{script}/deviceRunStates/shared-0");
    for n in 0..50 {
        let output = format!("latest {n}");
        let body = json!({"postRemediationDetectionScriptOutput": output});
        writer.expect(200, "PATCH", &path, Some(&body));
        let shown = reader.get(&path);
        assert_eq!(shown["postRemediationDetectionScriptOutput"], output);
    }
    one.stop();
    check(&mut other.client(), &script, &written);
    other.stop();
    check_file(&data);
}
