//! What was recorded, day by day: a month of sixteen cameras is half a million rows, and five hundred sums of them.
//!
//! A sum is a row a camera and UTC day: the day's spans, those that join up as one. It is made from the segments' rows when it is first
//! asked for, grows with each segment that is added, and is forgotten with each that goes or changes. So whatever writes rows of
//! segments does it in one transaction with [`grow`] or [`forget`].

use std::collections::BTreeSet;

use domain::{CameraId, Result, TimeRange, Timestamp};
use media::record::JOIN_MAX;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};

use super::SEGMENT_SPAN_MAX;
use super::entity::{day, segment};
use crate::Store;
use crate::db::error;

/// Microseconds of a UTC day: there are no leap seconds in a [`Timestamp`].
const DAY: i64 = 24 * 3600 * 1_000_000;

/// Start and end in microseconds.
pub(super) type Span = (i64, i64);

impl Store {
    /// When `camera` was recorded within `range`: spans in order, apart from each other by more than [`JOIN_MAX`], cut to the range.
    pub async fn recorded(&self, camera: CameraId, range: TimeRange) -> Result<Vec<TimeRange>> {
        let camera = Uuid::from_bytes(camera.to_bytes());
        let (from, to) = (range.from().micros(), range.to().micros());
        let (first, last) = (from.div_euclid(DAY), (to - 1).div_euclid(DAY));
        let sums = day::Entity::find().filter(day::Column::Camera.eq(camera)).filter(day::Column::Day.between(first, last));
        let mut found = sums.order_by_asc(day::Column::Day).all(self.index().read()).await.map_err(error)?;
        let missing = runs(first, last, &found);
        if !missing.is_empty() {
            // On the writer, so that no segment comes between the rows and their sum.
            let tx = self.index().write().begin().await.map_err(error)?;
            for (first, last) in missing {
                found.extend(sum_up(&tx, camera, first, last).await.map_err(error)?);
            }
            tx.commit().await.map_err(error)?;
            found.sort_unstable_by_key(|row| row.day);
        }
        let mut spans = Vec::new();
        for (start, end) in found.iter().flat_map(|row| decode(&row.spans)) {
            merge(&mut spans, (start.max(from), end.min(to)));
        }
        let range = |(start, end)| TimeRange::new(Timestamp::from_micros(start), Timestamp::from_micros(end));
        Ok(spans.into_iter().filter_map(range).collect())
    }
}

impl Store {
    /// Makes the sums of all days that a camera has segments of and no sum: after a rebuild, so that no page has to wait for them.
    pub async fn sum_days(&self, camera: CameraId) -> Result<()> {
        let camera = Uuid::from_bytes(camera.to_bytes());
        let spans = segment::Entity::find()
            .select_only()
            .column_as(segment::Column::StartAt.min(), "first")
            .column_as(segment::Column::EndAt.max(), "last")
            .filter(segment::Column::Camera.eq(camera))
            .into_tuple::<(Option<i64>, Option<i64>)>();
        let Some((Some(begin), Some(end))) = spans.one(self.index().read()).await.map_err(error)? else { return Ok(()) };
        let (first, last) = days((begin, end)).into_inner();
        let sums = day::Entity::find().filter(day::Column::Camera.eq(camera)).filter(day::Column::Day.between(first, last));
        let found = sums.order_by_asc(day::Column::Day).all(self.index().read()).await.map_err(error)?;
        for number in runs(first, last, &found).into_iter().flat_map(|(first, last)| first..=last) {
            // A transaction a day: recorders wait for one at most.
            let tx = self.index().write().begin().await.map_err(error)?;
            sum_up(&tx, camera, number, number).await.map_err(error)?;
            tx.commit().await.map_err(error)?;
        }
        Ok(())
    }
}

/// Adds a segment to the sums that there are, and begins those of its days that there are not.
pub(super) async fn grow(tx: &DatabaseTransaction, camera: Uuid, span: Span) -> Result<(), DbErr> {
    for number in days(span) {
        let found = day::Entity::find_by_id((camera, number)).one(tx).await?;
        let Some(found) = found else {
            sum_up(tx, camera, number, number).await?;
            continue;
        };
        let mut spans: Vec<Span> = decode(&found.spans).collect();
        insert(&mut spans, cut(span, number));
        put(tx, day::Model { spans: encode(&spans), ..found }).await?;
    }
    Ok(())
}

/// Forgets the sums of a segment's days.
pub(super) async fn forget(db: &impl ConnectionTrait, camera: Uuid, span: Span) -> Result<(), DbErr> {
    let days = days(span);
    let sums = day::Entity::delete_many()
        .filter(day::Column::Camera.eq(camera))
        .filter(day::Column::Day.between(*days.start(), *days.end()));
    sums.exec(db).await?;
    Ok(())
}

/// Forgets the sums of many segments' days, each once.
pub(super) async fn forget_all(db: &impl ConnectionTrait, segments: impl Iterator<Item = (Uuid, Span)>) -> Result<(), DbErr> {
    let touched: BTreeSet<(Uuid, i64)> = segments.flat_map(|(camera, span)| days(span).map(move |day| (camera, day))).collect();
    for (camera, day) in touched {
        day::Entity::delete_by_id((camera, day)).exec(db).await?;
    }
    Ok(())
}

/// Forgets all sums of a camera.
pub(super) async fn forget_camera(db: &impl ConnectionTrait, camera: Uuid) -> Result<(), DbErr> {
    day::Entity::delete_many().filter(day::Column::Camera.eq(camera)).exec(db).await?;
    Ok(())
}

/// Makes and keeps the sums of the days `first..=last`. A day without a recording has none: nobody could tell how many of those
/// are asked for.
async fn sum_up(tx: &DatabaseTransaction, camera: Uuid, first: i64, last: i64) -> Result<Vec<day::Model>, DbErr> {
    let (from, to) = (first.saturating_mul(DAY), last.saturating_add(1).saturating_mul(DAY));
    let rows: Vec<Span> = segment::Entity::find()
        .select_only()
        .columns([segment::Column::StartAt, segment::Column::EndAt])
        .filter(segment::Column::Camera.eq(camera))
        .filter(segment::Column::StartAt.gte(from.saturating_sub(SEGMENT_SPAN_MAX.as_micros() as i64)))
        .filter(segment::Column::StartAt.lt(to))
        .filter(segment::Column::EndAt.gt(from))
        .order_by_asc(segment::Column::StartAt)
        .into_tuple()
        .all(tx)
        .await?;
    let mut sums: Vec<(i64, Vec<Span>)> = Vec::new();
    // A span of the day before may end in one that has begun already: the last but one at most, for spans are short.
    for span in rows {
        for number in days(span).filter(|number| (first..=last).contains(number)) {
            match sums.iter_mut().rev().find(|(day, _)| *day == number) {
                Some((_, spans)) => merge(spans, cut(span, number)),
                None => sums.push((number, vec![cut(span, number)])),
            }
        }
    }
    let mut made = Vec::new();
    for (number, spans) in sums {
        let row = day::Model { camera, day: number, spans: encode(&spans) };
        put(tx, row.clone()).await?;
        made.push(row);
    }
    Ok(made)
}

async fn put(tx: &DatabaseTransaction, row: day::Model) -> Result<(), DbErr> {
    let row = day::ActiveModel { camera: Set(row.camera), day: Set(row.day), spans: Set(row.spans) };
    let again = OnConflict::columns([day::Column::Camera, day::Column::Day]).update_column(day::Column::Spans).to_owned();
    day::Entity::insert(row).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Runs of days in `first..=last` without a sum.
fn runs(first: i64, last: i64, found: &[day::Model]) -> Vec<(i64, i64)> {
    let (mut runs, mut next) = (Vec::new(), first);
    for day in found.iter().map(|row| row.day).chain([last.saturating_add(1)]) {
        if day > next {
            runs.push((next, day - 1));
        }
        next = day.saturating_add(1);
    }
    runs
}

/// The days that a span touches.
fn days((start, end): Span) -> std::ops::RangeInclusive<i64> {
    start.div_euclid(DAY)..=(end - 1).max(start).div_euclid(DAY)
}

fn cut((start, end): Span, day: i64) -> Span {
    (start.max(day.saturating_mul(DAY)), end.min(day.saturating_add(1).saturating_mul(DAY)))
}

/// Adds a span that starts no earlier than those before it.
fn merge(spans: &mut Vec<Span>, (start, end): Span) {
    if end <= start {
        return;
    }
    match spans.last_mut().filter(|last| start <= last.1.saturating_add(JOIN_MAX.as_micros() as i64)) {
        Some(last) => last.1 = last.1.max(end),
        None => spans.push((start, end)),
    }
}

/// Adds a span that starts anywhere.
fn insert(spans: &mut Vec<Span>, span: Span) {
    if spans.last().is_none_or(|last| last.0 <= span.0) {
        return merge(spans, span);
    }
    let mut all = std::mem::take(spans);
    all.push(span);
    all.sort_unstable();
    all.into_iter().for_each(|span| merge(spans, span));
}

fn encode(spans: &[Span]) -> Vec<u8> {
    spans.iter().flat_map(|(start, end)| [start.to_be_bytes(), end.to_be_bytes()]).flatten().collect()
}

fn decode(bytes: &[u8]) -> impl Iterator<Item = Span> {
    let pairs = bytes.chunks_exact(16);
    pairs.filter_map(|pair| {
        let (start, end) = (pair.first_chunk()?, pair.last_chunk()?);
        Some((i64::from_be_bytes(*start), i64::from_be_bytes(*end)))
    })
}
