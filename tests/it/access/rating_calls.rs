//! The calls of `PropertyRatingService`, one of each about one object.

use sha2::{Digest, Sha256};
use steelyard::proto::v1::{self, SubjectKind};
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{
    calls::{Target, done},
    county::{Counties, word},
};
use crate::harness::by;

/// Ratings are of projects (and companies); of other kinds of subjects nobody is told anything.
pub(super) async fn rating(
    all: &Counties,
    who: &str,
    method: &str,
    at: Target,
) -> Result<bool, Status> {
    let (kind, id) = at.subject;
    let county = at.county.to_owned();
    let scheme_id = format!("test.{}", word(kind));
    let of = Some(v1::RatingSelector { scheme_id: scheme_id.clone(), ..Default::default() });
    let is = |it: &v1::Rating| it.subject.as_ref().is_some_and(|it| it.id == id);
    let mut client = all.served.ratings();
    let answer = match method {
        "PropertyRatingService.GetRating" => {
            let request = v1::GetRatingRequest { county, of, subject_id: id.into() };
            client.get_rating(by(who, request)).await.map(done)
        }
        "PropertyRatingService.ListRatings" => {
            let request = v1::ListRatingsRequest { county, of, ..Default::default() };
            let page = client.list_ratings(by(who, request)).await;
            page.map(|it| it.into_inner().ratings.iter().any(is))
        }
        "PropertyRatingService.StreamRatings" => {
            let request = v1::StreamRatingsRequest { county, of, ..Default::default() };
            match client.stream_ratings(by(who, request)).await {
                Err(status) => Err(status),
                Ok(stream) => {
                    let (mut stream, mut found) = (stream.into_inner(), false);
                    while let Some(message) = stream.next().await {
                        found |= message?.ratings.iter().any(is);
                    }
                    Ok(found)
                }
            }
        }
        "PropertyRatingService.GetRatingDigest" => {
            // The digest is over what the caller sees: the object is in it, or it is not.
            let request = v1::GetRatingDigestRequest { county: county.clone(), of: of.clone() };
            match client.get_rating_digest(by(who, request)).await {
                Err(status) => Err(status),
                Ok(told) => {
                    let request = v1::ListRatingsRequest { county, of, ..Default::default() };
                    let page = client.list_ratings(by(who, request)).await?.into_inner();
                    let line = |it: &v1::Rating| {
                        format!("{} {}\n", it.subject.as_ref().unwrap().id, it.digest)
                    };
                    let lines: String = page.ratings.iter().map(line).collect();
                    let own = Sha256::digest(lines.as_bytes());
                    let own: String = own.iter().map(|it| format!("{it:02x}")).collect();
                    assert_eq!(told.into_inner().digest, own);
                    Ok(page.ratings.iter().any(is))
                }
            }
        }
        "PropertyRatingService.ListRatingChanges" => {
            let request = v1::ListRatingChangesRequest { county, scheme_id, ..Default::default() };
            let page = client.list_rating_changes(by(who, request)).await?.into_inner();
            Ok(page.changes.iter().filter_map(|it| it.rating.as_ref()).any(is))
        }
        "PropertyRatingService.WatchRatings" => {
            let request = v1::WatchRatingsRequest { county, scheme_id, ..Default::default() };
            let mut stream = client.watch_ratings(by(who, request)).await?.into_inner();
            let first = stream.message().await?.unwrap();
            Ok(first.changes.iter().filter_map(|it| it.rating.as_ref()).any(is))
        }
        _ => panic!("{method}"),
    };
    match answer {
        Err(status) if status.code() == Code::FailedPrecondition => {
            assert_ne!(kind, SubjectKind::Project, "{status:?}");
            Ok(false)
        }
        answer => answer,
    }
}
