use super::*;

#[test]
fn no_password_in_the_debug_form() {
    let target = Target::parse("postgres://u:secret@localhost/d").unwrap();
    let text = format!("{target:?}");
    assert!(
        text.contains("localhost") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn what_a_role_has_set_does_not_weaken_a_connection() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let url = server.new_database();
    let mut admin = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    let database: String = admin
        .query_one("SELECT current_database()", &[])
        .unwrap()
        .get(0);
    for (name, given, expected) in [
        ("synchronous_commit", "off", "on"),
        ("synchronous_commit", "local", "on"),
        ("synchronous_commit", "remote_write", "on"),
        ("synchronous_commit", "remote_apply", "remote_apply"),
        ("statement_timeout", "5000", "1min"),
        ("idle_in_transaction_session_timeout", "0", "1min"),
        ("lock_timeout", "5000", "500ms"),
        ("standard_conforming_strings", "off", "on"),
    ] {
        let sql = format!("ALTER DATABASE {database} SET {name} = '{given}'");
        admin.batch_execute(&sql).unwrap();
        let target = Target::parse(&url).unwrap();
        let mut client = target.connect(Timeouts::default()).unwrap();
        let statement = client.prepare(&format!("SHOW {name}"), &[]).unwrap();
        let mut found = String::new();
        client
            .query("", &statement, std::iter::empty::<i32>(), |row| {
                found = row.get(0);
                true
            })
            .unwrap();
        assert_eq!(found, expected, "{name}");
        let sql = format!("ALTER DATABASE {database} RESET {name}");
        admin.batch_execute(&sql).unwrap();
    }
}
