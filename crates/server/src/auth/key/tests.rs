use std::{fs, thread};

use super::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_key_is_made_once_and_then_kept() {
    let parent = directory();
    let data_dir = parent.path().join("a/b");
    let made = SigningKey::load_or_create(&data_dir).unwrap();
    let loaded = SigningKey::load_or_create(&data_dir).unwrap();
    assert_eq!(made.thumbprint(), loaded.thumbprint());
    assert_eq!(made.public, loaded.public);
    let names: Vec<_> = fs::read_dir(&data_dir)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, [FILE_NAME], "no draft is left");

    let other = SigningKey::load_or_create(&parent.path().join("c")).unwrap();
    assert_ne!(made.issuer(), other.issuer());
    assert_ne!(made.tenant(), other.tenant());
}

#[test]
fn processes_that_start_at_once_share_one_key() {
    let data_dir = directory();
    let starts = std::sync::Barrier::new(8);
    let thumbprints: Vec<String> = thread::scope(|scope| {
        let start = || {
            starts.wait();
            SigningKey::load_or_create(data_dir.path())
                .unwrap()
                .thumbprint()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        thumbprints.windows(2).all(|pair| pair[0] == pair[1]),
        "{thumbprints:?}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_key_and_directory() {
    use std::os::unix::fs::PermissionsExt;
    let parent = directory();
    let data_dir = parent.path().join("data");
    SigningKey::load_or_create(&data_dir).unwrap();
    let path = data_dir.join(FILE_NAME);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&data_dir), mode(&path)), (0o700, 0o600));

    for (mode, refused) in [
        (0o400, false),
        (0o640, true),
        (0o604, true),
        (0o660, true),
        (0o610, true),
        (0o600, false),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        match SigningKey::load_or_create(&data_dir) {
            Ok(_) => assert!(!refused, "{mode:o}"),
            Err(KeyError::File(FileError::Exposed { mode: seen, .. })) => {
                assert!(refused && seen == mode, "{mode:o}");
            }
            Err(other) => panic!("{mode:o}: {other}"),
        }
    }
}

#[test]
fn files_that_are_no_key_are_refused_and_left_alone() {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let pem = der_to_pem(key.to_pkcs8v1().unwrap().as_ref());
    let p384 = &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let other = der_to_pem(
        EcdsaKeyPair::generate(p384)
            .unwrap()
            .to_pkcs8v1()
            .unwrap()
            .as_ref(),
    );
    let huge = "x".repeat(1 << 20);
    for (text, reason) in [
        ("", "BEGIN"),
        ("garbage", "BEGIN"),
        (&huge, "BEGIN"),
        (&pem[..pem.len() / 2], "END"),
        (&pem.replacen("M", "*", 1), "base64"),
        (&der_to_pem(b""), "algorithm"),
        (&der_to_pem(b"no key"), "algorithm"),
        (&other, "algorithm"),
        (&pem.replace("PRIVATE", "PUBLIC"), "BEGIN"),
    ] {
        let data_dir = directory();
        let path = data_dir.path().join(FILE_NAME);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        match SigningKey::load_or_create(data_dir.path()) {
            Err(error @ KeyError::NoKey { .. }) => {
                assert!(error.to_string().contains(reason), "{error}");
            }
            other => panic!("{text:.40}: {other:?}"),
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let parent = directory();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let error = SigningKey::load_or_create(&file.join("data")).unwrap_err();
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
}

/// The thumbprint of the P-256 key in RFC 7517, appendix A.1, as an independent implementation
/// (`openssl` and `sha256sum` over the members in order) gives it.
#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let coordinate = |text| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let x = coordinate("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
    let y = coordinate("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
    let public = [&[4][..], &x, &y].concat();
    let expected = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s";
    assert_eq!(
        BASE64_URL_SAFE_NO_PAD.encode(thumbprint(&public).unwrap()),
        expected
    );

    assert_eq!(thumbprint(&public[..64]), None);
    assert_eq!(thumbprint(&[]), None);
    let compressed = [&[2][..], &x].concat();
    assert_eq!(thumbprint(&compressed), None);
}

#[test]
fn a_key_that_is_kept_elsewhere_is_the_same_key() {
    let secret = SigningKey::new_secret().unwrap();
    let [one, other] = [(), ()].map(|()| SigningKey::from_secret(&secret).unwrap());
    assert_eq!(one.thumbprint(), other.thumbprint());
    assert_ne!(secret, SigningKey::new_secret().unwrap());
    for broken in [&[][..], &secret[1..], &secret[..secret.len() - 1], b"key"] {
        assert!(matches!(
            SigningKey::from_secret(broken),
            Err(KeyError::Kept(_))
        ));
    }
}
