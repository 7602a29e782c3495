use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use engine::exchange::{Answering, Probing, Request};
use futures_util::future::join_all;

use super::*;

/// A service that is ready or not, and counts who asks.
#[derive(Default)]
struct Asked {
    times: AtomicUsize,
    away: AtomicBool,
    silent: AtomicBool,
}

impl Handler for Asked {
    fn handle(&self, _: Request) -> Answering<'_> {
        Box::pin(async { Err(Error::internal("not asked")) })
    }

    fn ready(&self) -> Probing<'_> {
        self.times.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if self.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            match self.away.load(Ordering::SeqCst) {
                true => Err(Error::internal("the secret reason")),
                false => Ok(()),
            }
        })
    }
}

async fn probe(readiness: &Readiness, asked: &Asked) -> (u16, String, HeaderMap) {
    let ids = RequestIds::of(&HeaderMap::new());
    let answer = readiness
        .answer(asked, &Method::GET, &HeaderMap::new(), &ids)
        .await;
    let (parts, body) = answer.expect("it may be read").into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let text = String::from_utf8(body.expect("it is there").to_vec()).expect("text");
    (parts.status.as_u16(), text, parts.headers)
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_probes_asks_once_a_second() {
    let (readiness, asked) = (Readiness::default(), Asked::default());
    let probes = (0..1_000).map(|_| probe(&readiness, &asked));
    for (status, body, headers) in join_all(probes).await {
        assert_eq!((status, body.as_str()), (200, r#"{"status":"ready"}"#));
        assert_eq!(headers["cache-control"], "no-store");
    }
    assert_eq!(asked.times.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_changes_shows_when_the_answer_is_old() {
    let (readiness, asked) = (Readiness::default(), Asked::default());
    assert_eq!(probe(&readiness, &asked).await.0, 200);
    asked.away.store(true, Ordering::SeqCst);
    tokio::time::sleep(FRESH).await;
    let (status, body, headers) = probe(&readiness, &asked).await;
    assert_eq!(status, 503);
    assert!(body.contains(r#""code":"ServiceUnavailable""#) && !body.contains("secret"));
    assert_eq!(headers["retry-after"], "5");
    asked.away.store(false, Ordering::SeqCst);
    tokio::time::sleep(FRESH).await;
    assert_eq!(probe(&readiness, &asked).await.0, 200);
    readiness.stop();
    assert_eq!(probe(&readiness, &asked).await.0, 503);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_silent_is_not_ready() {
    let (readiness, asked) = (Readiness::default(), Arc::new(Asked::default()));
    asked.silent.store(true, Ordering::SeqCst);
    let begun = tokio::time::Instant::now();
    let probes = (0..100).map(|_| probe(&readiness, &asked));
    for (status, _, _) in join_all(probes).await {
        assert_eq!(status, 503);
    }
    assert!(begun.elapsed() <= WITHIN * 2, "{:?}", begun.elapsed());
}
