//! What every method asks of its caller: read from the options of the compiled descriptors, once.
//! A method without one stops the start.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use prost::Message;

use crate::{
    app::access::{Permission, Scope},
    proto::{self, v1},
};

/// What a method asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// What the caller must hold; none where every authenticated caller may.
    pub permission: Option<Permission>,
    /// Over how much of the county.
    pub scope: Scope,
}

/// A method of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its short name, as `FactService.RecordFacts`.
    pub name: String,
    /// What it asks.
    pub need: Need,
    /// Whether it writes: its messages carry a request id.
    pub writes: bool,
}

/// Every method by its path, as `/steelyard.v1.FactService/RecordFacts`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy(BTreeMap<String, Method>);

/// Why the table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The descriptors do not decode.
    #[error("the descriptors of the services do not decode: {0}")]
    Unreadable(String),
    /// A method states nothing, or half of it.
    #[error("the method {0} does not state what it asks of its caller: (steelyard.v1.access)")]
    Unstated(String),
}

/// The package whose methods are governed.
const PACKAGE: &str = "steelyard.v1";

static POLICY: LazyLock<Result<Policy, PolicyError>> =
    LazyLock::new(|| Policy::read(proto::DESCRIPTORS));

impl Policy {
    /// The table of this program's own descriptors.
    pub fn own() -> Result<&'static Self, PolicyError> {
        POLICY.as_ref().map_err(Clone::clone)
    }

    /// Reads the table of a descriptor set.
    pub fn read(descriptors: &[u8]) -> Result<Self, PolicyError> {
        let set = wire::Set::decode(descriptors)
            .map_err(|why| PolicyError::Unreadable(why.to_string()))?;
        let writing: BTreeSet<String> = set.files.iter().flat_map(wire::File::writing).collect();
        let mut table = BTreeMap::new();
        for file in set.files.into_iter().filter(|it| it.package == PACKAGE) {
            for service in file.services {
                for method in service.methods {
                    let name = format!("{}.{}", service.name, method.name);
                    let path = format!("/{PACKAGE}.{}/{}", service.name, method.name);
                    let access = method.options.and_then(|it| it.access);
                    let need = access.and_then(need).ok_or(PolicyError::Unstated(path.clone()))?;
                    let writes = writing.contains(&method.input_type);
                    table.insert(path, Method { name, need, writes });
                }
            }
        }
        Ok(Self(table))
    }

    /// The method of a path.
    pub fn of(&self, path: &str) -> Option<&Method> {
        self.0.get(path)
    }

    /// All methods by path.
    pub fn methods(&self) -> impl Iterator<Item = (&str, &Method)> {
        self.0.iter().map(|(path, method)| (path.as_str(), method))
    }
}

/// What is stated, if all of it is.
fn need(access: v1::MethodAccess) -> Option<Need> {
    let permission = super::access_decode::permission(access.permission());
    let scope = match access.scope() {
        v1::AccessScope::Unspecified => return None,
        v1::AccessScope::Caller => Scope::Caller,
        v1::AccessScope::CountyPart => Scope::Part,
        v1::AccessScope::Subtree => Scope::Subtree,
        v1::AccessScope::County => Scope::County,
    };
    let stated = (scope == Scope::Caller) == permission.is_none();
    stated.then_some(Need { permission, scope })
}

/// The parts of a descriptor set that are read, with the option that `prost_types` drops.
mod wire {
    use crate::proto::v1::MethodAccess;

    #[derive(prost::Message)]
    pub(super) struct Set {
        #[prost(message, repeated, tag = "1")]
        pub(super) files: Vec<File>,
    }

    #[derive(prost::Message)]
    pub(super) struct File {
        #[prost(string, tag = "2")]
        pub(super) package: String,
        #[prost(message, repeated, tag = "4")]
        pub(super) messages: Vec<Message>,
        #[prost(message, repeated, tag = "6")]
        pub(super) services: Vec<Service>,
    }

    impl File {
        /// The messages that carry a request id, by full name.
        pub(super) fn writing(&self) -> impl Iterator<Item = String> {
            let carries = |it: &&Message| it.fields.iter().any(|it| it.name == "request_id");
            let named = |it: &Message| format!(".{}.{}", self.package, it.name);
            self.messages.iter().filter(carries).map(named)
        }
    }

    #[derive(prost::Message)]
    pub(super) struct Message {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(message, repeated, tag = "2")]
        pub(super) fields: Vec<Field>,
    }

    #[derive(prost::Message)]
    pub(super) struct Field {
        #[prost(string, tag = "1")]
        pub(super) name: String,
    }

    #[derive(prost::Message)]
    pub(super) struct Service {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(message, repeated, tag = "2")]
        pub(super) methods: Vec<Method>,
    }

    #[derive(prost::Message)]
    pub(super) struct Method {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) input_type: String,
        #[prost(message, optional, tag = "4")]
        pub(super) options: Option<Options>,
    }

    #[derive(prost::Message)]
    pub(super) struct Options {
        #[prost(message, optional, tag = "50510")]
        pub(super) access: Option<MethodAccess>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every method that writes.
    const WRITING: [&str; 68] = [
        "AccessService.DefineRole",
        "AccessService.GrantRole",
        "AccessService.RevokeRole",
        "AppraisalChainService.AdjustValues",
        "AppraisalChainService.CloseCohort",
        "AppraisalChainService.ConfirmValues",
        "AppraisalChainService.OpenChain",
        "AppraisalChainService.ProposeValues",
        "AppraisalChainService.ReopenCases",
        "AppraisalResultService.AnswerAppraisalObjection",
        "AppraisalResultService.RaiseAppraisalObjection",
        "AssessmentService.AddAssignments",
        "AssessmentService.CloseRound",
        "AssessmentService.ExcuseAssessor",
        "AssessmentService.ExtendRound",
        "AssessmentService.HandInSheets",
        "AssessmentService.OpenRound",
        "AssessmentService.SaveDrafts",
        "AssessmentService.WithdrawSheets",
        "AwardService.ApproveBatch",
        "AwardService.CancelBatch",
        "AwardService.CloseBatch",
        "AwardService.ExportBatch",
        "AwardService.ProposeBatch",
        "AwardService.RecordTreasuryAnswers",
        "AwardService.RejectBatch",
        "BudgetService.RecordBudgetAct",
        "CalendarService.LoadCalendarYear",
        "EntryService.AnswerObjection",
        "EntryService.CheckEntries",
        "EntryService.RaiseObjection",
        "EvaluationService.PublishRun",
        "EvaluationService.StartRun",
        "EvaluationService.SupersedeRun",
        "FactService.RecordFacts",
        "FactService.ReverseFact",
        "FactService.StreamFacts",
        "MemberService.MoveMember",
        "NoticeService.AnswerNoticeObjection",
        "NoticeService.PostNotice",
        "NoticeService.RaiseNoticeObjection",
        "RecoveryService.DemandRecovery",
        "RecoveryService.RecordRecovered",
        "RecoveryService.WaiveRecovery",
        "RegistryService.UpsertRecords",
        "ScheduleService.AdoptSchedule",
        "ScheduleService.RetireSchedule",
        "SchemeService.PublishScheme",
        "SchemeService.RetireScheme",
        "SelectionDocumentService.PublishSelectionDocument",
        "SelectionService.AbandonSelection",
        "SelectionService.AdoptRanking",
        "SelectionService.AnswerReport",
        "SelectionService.ApplyForSelection",
        "SelectionService.CancelHonours",
        "SelectionService.ConfirmSelection",
        "SelectionService.ConsultCandidates",
        "SelectionService.DecideCandidates",
        "SelectionService.DecideSelectionTie",
        "SelectionService.ExamineCandidates",
        "SelectionService.ExtendDeadline",
        "SelectionService.FileReport",
        "SelectionService.GiveOpinions",
        "SelectionService.OpenSelection",
        "SelectionService.PostSelectionNotice",
        "SelectionService.RecommendCandidates",
        "SelectionService.ReviewCandidates",
        "SelectionService.WithdrawApplication",
    ];

    #[test]
    fn every_method_of_ours_states_what_it_asks() {
        let policy = Policy::own().unwrap();
        assert!(policy.methods().count() >= 31, "{}", policy.methods().count());
        let record = policy.of("/steelyard.v1.FactService/RecordFacts").unwrap();
        assert_eq!(record.name, "FactService.RecordFacts");
        let need = Need { permission: Some(Permission::FactRecord), scope: Scope::Subtree };
        assert_eq!(record.need, need);
        let writing = policy.methods().filter(|(_, it)| it.writes).map(|(_, it)| it.name.as_str());
        assert_eq!(writing.collect::<Vec<_>>(), WRITING);
        assert_eq!(policy.of("/steelyard.v1.FactService/RecordFacts?x=1"), None);
        assert_eq!(policy.of("/grpc.health.v1.Health/Check"), None);
    }

    /// The descriptors with the options of one method taken away.
    fn without(method: &str) -> Vec<u8> {
        let mut set = wire::Set::decode(proto::DESCRIPTORS).unwrap();
        let methods = set.files.iter_mut().flat_map(|it| &mut it.services);
        for found in methods.flat_map(|it| &mut it.methods).filter(|it| it.name == method) {
            found.options = None;
        }
        set.encode_to_vec()
    }

    #[test]
    fn a_method_that_states_nothing_stops_the_start_and_is_named() {
        let why = Policy::read(&without("ReverseFact")).unwrap_err();
        let path = "/steelyard.v1.FactService/ReverseFact".to_owned();
        assert_eq!(why, PolicyError::Unstated(path));
        assert!(Policy::read(&without("NoSuchMethod")).is_ok());
        assert!(matches!(Policy::read(b"\xff"), Err(PolicyError::Unreadable(_))));
    }

    #[test]
    fn half_a_statement_is_none() {
        let half = |permission: v1::Permission, scope: v1::AccessScope| {
            need(v1::MethodAccess { permission: permission.into(), scope: scope.into() })
        };
        assert_eq!(half(v1::Permission::FactRead, v1::AccessScope::Unspecified), None);
        assert_eq!(half(v1::Permission::Unspecified, v1::AccessScope::County), None);
        assert_eq!(half(v1::Permission::FactRead, v1::AccessScope::Caller), None);
        assert!(half(v1::Permission::Unspecified, v1::AccessScope::Caller).is_some());
    }
}
