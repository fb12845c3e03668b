"""Which resources share the meaning of a name on the wire; tests hold it against the schemas."""

# One that is not here belongs to one resource only:
# another that takes the name says what it means there, as `Schema.name`, or is added here.
SHARED = {
    "abnormal": "Release SessionHour",
    "bytesKept": "Project ProjectUsage Usage",
    "eventsGone": "Issue Usage",
    "eventsKept": "Issue IssueHash Project ProjectUsage Usage",
    "crashFreeRate": "Comparison LatestRelease Release",
    "crashed": "Release SessionHour",
    "errored": "Release SessionHour",
    "newIssues": "Comparison Release",
    "period": "Issue ReleasePage",
    "sessions": "LatestRelease Release SessionHour",
    "unhandled": "Release SessionHour",
    "assignee": "Issue ListStat",
    "author": "Commit SuspectCommit",
    "authorEmail": "Commit SuspectCommit",
    "assigneeUserId": "Bulk Issue OneIssue",
    "category": "Stat Total",
    "committedAt": "Commit SuspectCommit",
    "conditions": "DryRun Rule",
    "createdAt": (
        "Activity Audit Channel ChannelSecret Comment Delivery Key Monitor Operation Project "
        "Regroup Rule View"
    ),
    "cursor": "Artifact Audit Comment Deletion Deploy Event Issue IssueRelease Paged Release View",
    "digestSeconds": "Channel ChannelSecret DryRun",
    "dsn": "Key Project",
    "email": "Member Report",
    "environment": "CheckIn Deploy Event MonitorEnvironment Trait",
    "eventId": "Attachment Diagnosis Report RuleExample",
    "colno": "FramePlace RawPlace",
    "debugId": "ArtifactFile FrameDiagnosis",
    "function": "FramePlace RawPlace",
    "lineno": "FramePlace RawPlace",
    "uploadedAt": "Artifact UsedArtifact",
    "firstSeen": "Issue IssueHash IssuePart Release",
    "health": "Channel ChannelSecret",
    "id": (
        "Attachment Audit Channel ChannelSecret CheckIn Comment Deletion Delivery Erasure Event "
        "Issue Key Member Monitor Operation Project ProjectUsage Registered Release Report Rule "
        "View"
    ),
    "isActive": "Key Member Rule",
    "issueId": "Comment Event GroupSource IssuePreview RuleExample Split",
    "line": "GroupPreview RuleMatches",
    "rules": "FingerprintRules Ownership",
    "lastSeen": "Issue IssueHash IssuePart Release TagValue",
    "level": "Event Issue IssuePart",
    "components": "Grouping IssueHash",
    "hash": "Grouping IssueHash",
    "count": "Issue IssuePart",
    "culprit": "Issue IssuePart",
    "title": "GroupPreview GroupSource Issue IssuePart IssuePreview RuleExample",
    "userCount": "Issue IssuePart",
    "limit": (
        "Activity Attachment Audit Channel CheckIn Comment Deletion Delivery Deploy Event "
        "Issue IssueHash IssuePart IssueRelease IssueStat Key ListStat Member Monitor Project "
        "Quota Release Report Rule Session Stats SuspectCommit View"
    ),
    "matched": "Bulk Operation",
    "matches": "DryRun DryRunDay",
    "message": "Commit Event",
    "meta": "Activity Audit",
    "name": "Channel ChannelSecret Deploy Key Member Project Report Rule View",
    "operationId": "Bulk Split",
    "outcome": "Stat Total",
    "page": (
        "Activity Artifact Attachment Audit CheckIn Comment Deletion Delivery Deploy Event "
        "Issue IssueRelease Monitor Page Paged Release ReleasePage Report View"
    ),
    "platform": "Event Project",
    "project": "Issue ListStat",
    "projectId": "Attachment DeliveryItem Event Issue Monitor Operation Report Stat",
    "projectIds": "DryRun Rule",
    "quantity": "Stat Total",
    "query": "Issue ListStat",
    "quietHours": "Channel ChannelSecret",
    "reason": "Stat Total",
    "receivedAt": "Attachment Event Report",
    "release": "CheckIn Comparison Event IssueRelease LatestRelease Release Trait",
    "resolution": "IssueStat ListStat Stats",
    "search": "Event Issue ListStat",
    "since": "Issue ListStat",
    "sha": "Commit SuspectCommit",
    "slug": "Monitor Project",
    "status": "Bulk Issue OneIssue",
    "statusDetails": "Bulk Issue OneIssue",
    "tag": "Issue ListStat Trait",
    "throttleSeconds": "DryRun Rule",
    "time": "IssueStat SessionHour Stat",
    "type": "Event Issue",
    "until": "Issue ListStat",
    "url": "Commit Deploy Release SuspectCommit",
    "userId": "Audit Comment Operation",
    "version": "Registered Release",
}
