//! The same by what was asked for beside the channel.

use anyhow::Result;

use super::Page;
use crate::report::tally::Dimension;
use crate::report::words::Lang;

impl Page<'_> {
    pub(super) fn by(&mut self) -> Result<()> {
        let Some(by) = &self.report.by else { return Ok(()) };
        let name = self.dimension(by.dimension);
        let title = match self.lang {
            Lang::En => format!("By {}", name.to_lowercase()),
            Lang::Zh => format!("按{name}"),
        };
        self.open_as("by", &title)?;
        let costs = self.report.has_costs && by.dimension == Dimension::Campaign;
        self.group_table(&name, by.dimension, &by.groups, costs)?;
        self.group_means(costs)?;
        let meaning = match by.dimension {
            Dimension::Channel | Dimension::Campaign => {
                ("as the first submission of the lead names it.", "以线索首次提交为准。")
            }
            Dimension::Region => {
                ("the company's country as posted; in mainland China the province.", "公司所在国家；中国大陆为省份。")
            }
            Dimension::Industry => ("the company's industry, as posted.", "按提交内容的公司行业。"),
            Dimension::Queue => ("the queue that the lead was last given to.", "线索最后一次分派的队列。"),
            Dimension::Quadrant => (
                "its scores against their thresholds when it was last given to a queue.",
                "最后一次分派时评分所在象限。",
            ),
            Dimension::Owner => (
                "the salesperson that the lead was last given to; none if it went to a queue alone.",
                "线索最后一次分派的销售；仅分派到队列时为无。",
            ),
        };
        self.means(&[(&name, self.t(meaning.0, meaning.1))])?;
        Ok(self.close()?)
    }
}
